import type { Setting } from '../model/setting.ts';
import { duration, oneOf, paths, sshHostKey, sshName, sshNames, text } from './parsers.ts';

/** How to get to the node: what any real one needs. Rows without a default follow ssh_config. */
export const NODE_ROWS = {
  provider: {
    group: 'Node',
    valueName: 'NAME',
    env: ['KUBEVIRT_PROVIDER'],
    parse: text,
    help: 'who lends the SEV node; must be named in CI',
  },
  ssh: {
    group: 'Node',
    valueName: '[USER@]HOST[:PORT]',
    parse: sshName,
    help: 'the node, or its name in ssh_config; all traffic goes through this connection',
  },
  'ssh-jump': {
    group: 'Node',
    valueName: '[USER@]HOST[:PORT],...',
    parse: sshNames,
    help: 'hosts to go through, the nearest first, as ssh -J takes them; default: as ssh_config says',
  },
  'ssh-config': {
    group: 'Node',
    valueName: 'FILE',
    noPath: /^none$/,
    parse: text,
    help: "ssh_config to read instead of the user's and the system's; `none` reads none",
  },
  'ssh-key': {
    group: 'Node',
    valueName: 'FILES',
    parse: paths,
    help: 'private keys for the node, separated by commas; default: as ssh_config says',
  },
  'ssh-passphrase-file': {
    group: 'Node',
    valueName: 'FILE',
    parse: text,
    help: 'file with the passphrase of an encrypted key, for when no terminal can be asked',
  },
  'ssh-password-file': {
    group: 'Node',
    valueName: 'FILE',
    parse: text,
    help: 'file with the password, for nodes without public-key login',
  },
  'ssh-agent': {
    group: 'Node',
    valueName: 'SOCKET',
    env: ['SSH_AUTH_SOCK'],
    parse: text,
    help: 'socket of the ssh-agent; `none` asks none',
  },
  'ssh-known-hosts': {
    group: 'Node',
    valueName: 'FILES',
    parse: paths,
    help: 'known_hosts files that vouch for the node, separated by commas; default: as ssh_config says',
  },
  'ssh-host-key': {
    group: 'Node',
    valueName: 'SHA256:...',
    parse: sshHostKey,
    help: "fingerprint of the node's host key, as ssh-keygen -l prints it: the only one that is taken",
  },
  'ssh-host-key-checking': {
    group: 'Node',
    valueName: 'MODE',
    parse: oneOf('yes', 'accept-new', 'ask'),
    help: 'a host that known_hosts does not know: refuse it, take it and write it down, or ask; default: as ssh_config says, else yes',
  },
  'ssh-transport': {
    group: 'Node',
    valueName: 'NAME',
    parse: oneOf('builtin', 'openssh'),
    default: 'builtin',
    help: "sevlane's own SSH, or the system's ssh for certificates, FIDO keys, GSSAPI and post-quantum key exchange",
  },
  'connection-budget': {
    group: 'Node',
    valueName: 'TIME',
    parse: duration(0),
    default: '60s',
    help: 'how long a lost connection may take to heal before the run ends',
  },
  kubeconfig: {
    group: 'Node',
    valueName: 'FILE',
    env: ['KUBECONFIG'],
    noPath: /^node(:.*)?$/,
    parse: text,
    help: 'kubeconfig of the cluster; `node` or node:PATH reads it from the node, which is also the default',
  },
  'kube-context': {
    group: 'Node',
    valueName: 'NAME',
    parse: text,
    help: 'context of the kubeconfig; default: its current one',
  },
  node: {
    group: 'Node',
    valueName: 'NAME',
    parse: text,
    help: "name of the cluster's node to test; default: the one that is the SSH host",
  },
} as const satisfies Readonly<Record<string, Omit<Setting, 'key'>>>;
