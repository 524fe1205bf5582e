/** Liveness and readiness probes of a VMI. Notation: ../shapes.ts. */
export const probesTable = `
Probe
  exec                *ExecAction
  failureThreshold    int32
  guestAgentPing      *object
  httpGet             *HTTPGetAction
  initialDelaySeconds int32
  periodSeconds       int32
  successThreshold    int32
  tcpSocket           *TCPSocketAction
  timeoutSeconds      int32
`;
