"""What the plugin knows: plain values, and who is told when they change."""
