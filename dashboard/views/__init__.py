"""Views: each turns a `gridworld.Snapshot` into updates of Bokeh sources."""
