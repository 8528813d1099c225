"""NSX Manager simulators: `nsxt1` speaks the API of NSX-T 1.x."""
