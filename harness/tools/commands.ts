import type { ToolCommand } from './command.ts';
import { execCommand, kubectlCommand } from './exec.ts';
import { providerCommand } from './provider.ts';
import { tunnelCommand } from './tunnel.ts';

/** The commands beside the run, in the order of the help. */
export const TOOL_COMMANDS: readonly ToolCommand[] = [tunnelCommand, execCommand, kubectlCommand, providerCommand];
