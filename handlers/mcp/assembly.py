"""The endpoint with all its tools."""

from __future__ import annotations

from bot.services.assembly import Services
from bot.services.context import Context
from handlers.mcp.cloud_tools import CloudTools
from handlers.mcp.endpoint import McpEndpoint
from handlers.mcp.identity import CallerIdentification
from handlers.mcp.pending import PendingAnswers
from handlers.mcp.server import ToolServer
from handlers.mcp.summary_tool import SummaryTool
from handlers.mcp.ticket_tools import TicketTools
from handlers.slack.flood_limit import FloodLimit
from handlers.slack.installed import InstalledWorkspaces
from handlers.slack.signature import SlackSignature
from handlers.slack.user_directory import UserDirectory


def build_endpoint(
    services: Services,
    context: Context,
    users: UserDirectory,
    installed: InstalledWorkspaces,
    flood_limit: FloodLimit,
) -> McpEndpoint:
    """Make the tools, the server and the route."""
    pending = PendingAnswers()
    tools = (
        *TicketTools(services, users, context.workspaces, context.clock).tools(),
        *CloudTools(services, context, pending).tools(),
        *SummaryTool(services.summary).tools(),
    )
    signature = SlackSignature(context.settings.slack_signing_secret, services.wrong_signatures)
    identification = CallerIdentification(services.access_tokens, signature, installed)
    server = ToolServer(tools, users, services.audit_log, flood_limit)
    return McpEndpoint(identification, server.session_manager(), pending)
