"""All private names of Panel, Bokeh, Tornado, Param and pyviz_comms; elsewhere there are none."""
