import type { GatewayContext } from './context.js';
import { HttpGateway } from './http-gateway.js';

/** What makes the gateway of a server. */
export function httpGateway({ allowHosts = [] }: { allowHosts?: readonly string[] } = {}) {
  return (parts: Omit<GatewayContext, 'allowHosts'>) => new HttpGateway({ ...parts, allowHosts });
}
