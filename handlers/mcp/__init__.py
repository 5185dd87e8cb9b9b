"""The endpoint of the Model Context Protocol; imported only where the setting MCP is on."""
