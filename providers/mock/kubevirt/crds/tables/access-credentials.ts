/** `spec.accessCredentials`: SSH keys and passwords. Notation: ../shapes.ts. */
export const accessCredentialsTable = `
AccessCredential
  sshPublicKey *SSHPublicKeyAccessCredential
  userPassword *UserPasswordAccessCredential

SSHPublicKeyAccessCredential
  propagationMethod! SSHPublicKeyAccessCredentialPropagationMethod
  source!            SSHPublicKeyAccessCredentialSource

SSHPublicKeyAccessCredentialPropagationMethod
  configDrive    *object
  noCloud        *object                                                since=v1.1
  qemuGuestAgent *QemuGuestAgentSSHPublicKeyAccessCredentialPropagation

QemuGuestAgentSSHPublicKeyAccessCredentialPropagation
  users! []string set

SSHPublicKeyAccessCredentialSource
  secret *AccessCredentialSecretSource

AccessCredentialSecretSource
  secretName! string

UserPasswordAccessCredential
  propagationMethod! UserPasswordAccessCredentialPropagationMethod
  source!            UserPasswordAccessCredentialSource

UserPasswordAccessCredentialPropagationMethod
  qemuGuestAgent *object

UserPasswordAccessCredentialSource
  secret *AccessCredentialSecretSource
`;
