/** The simulated node's address, from the range kept for documentation (RFC 5737), so that nothing real can be meant. */
export const NODE_ADDRESS = '192.0.2.10';

/** Where its API server answers. */
export const NODE_API_PORT = 6443;
