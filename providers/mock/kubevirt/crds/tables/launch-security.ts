/** `spec.domain.launchSecurity`: SEV, SEV-SNP and TDX; empty means Secure Execution on s390x. Notation: ../shapes.ts. */
export const launchSecurityTable = `
LaunchSecurity
  sev *object until=v1.0
  sev *SEV    since=v1.0
  snp *object since=v1.7
  tdx *object since=v1.7

SEV
  attestation *object    since=v1.1
  dhCert      string     since=v1.1
  policy      *SEVPolicy
  session     string     since=v1.1

SEVPolicy
  encryptedState *bool
`;
