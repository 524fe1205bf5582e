/** How the value of a keyword is written. */
export type ValueKind =
  | 'flag'
  | 'number'
  | 'port'
  | 'time'
  | 'word'
  /** Adds up over all lines that apply. */
  | 'more'
  /** Several words, of which the first line that applies counts. */
  | 'words'
  /** The rest of the line, e.g. a command. */
  | 'rest'
  | 'checking'
  | 'jump'
  /** Of no concern to whom we reach and how: only its name is known. */
  | 'other';

/**
 * Keywords of ssh_config(5) up to OpenSSH 10, deprecated ones too. An unknown one is a mistake for ssh, unless IgnoreUnknown names it.
 */
export const KEYWORDS: ReadonlyMap<string, ValueKind> = new Map<string, ValueKind>([
  ...kinds('flag', [
    'batchmode',
    'gssapiauthentication',
    'hostbasedauthentication',
    'identitiesonly',
    'kbdinteractiveauthentication',
    'challengeresponseauthentication',
    'skeyauthentication',
    'tisauthentication',
    'nohostauthenticationforlocalhost',
    'passwordauthentication',
    'proxyusefdpass',
    'tcpkeepalive',
    'keepalive',
  ]),
  ...kinds('number', ['serveralivecountmax']),
  ...kinds('port', ['port']),
  ...kinds('time', ['connecttimeout', 'serveraliveinterval']),
  ...kinds('word', [
    'addressfamily',
    'bindaddress',
    'bindinterface',
    'canonicalizehostname',
    'ciphers',
    'hostkeyalgorithms',
    'hostkeyalias',
    'hostname',
    'identityagent',
    'kexalgorithms',
    'macs',
    'pkcs11provider',
    'smartcarddevice',
    'pubkeyauthentication',
    'dsaauthentication',
    'revokedhostkeys',
    'user',
    'verifyhostkeydns',
  ]),
  ...kinds('more', ['certificatefile', 'identityfile']),
  ...kinds('words', ['globalknownhostsfile', 'userknownhostsfile']),
  ...kinds('rest', ['knownhostscommand', 'localcommand', 'proxycommand', 'remotecommand']),
  ...kinds('checking', ['stricthostkeychecking']),
  ...kinds('jump', ['proxyjump']),
  ...kinds('other', [
    ...['addkeystoagent', 'afstokenpassing', 'canonicaldomains', 'canonicalizefallbacklocal', 'canonicalizemaxdots'],
    ...['canonicalizepermittedcnames', 'casignaturealgorithms', 'channeltimeout', 'checkhostip', 'cipher'],
    ...['clearallforwardings', 'compression', 'compressionlevel', 'connectionattempts', 'controlmaster', 'controlpath'],
    ...['controlpersist', 'dynamicforward', 'enableescapecommandline', 'enablesshkeysign', 'escapechar'],
    ...['exitonforwardfailure', 'fallbacktorsh', 'fingerprinthash', 'forkafterauthentication', 'forwardagent'],
    ...['forwardx11', 'forwardx11timeout', 'forwardx11trusted', 'gatewayports', 'globalknownhostsfile2'],
    ...['gssapiclientidentity', 'gssapidelegatecredentials', 'gssapikexalgorithms', 'gssapikeyexchange'],
    ...['gssapirenewalforcesrekey', 'gssapiserveridentity', 'gssapitrustdns', 'hashknownhosts'],
    ...['hostbasedacceptedalgorithms', 'hostbasedkeytypes', 'ignoreunknown', 'ipqos', 'kbdinteractivedevices'],
    ...['identityfile2', 'localforward', 'loglevel', 'logverbose', 'numberofpasswordprompts'],
    ...['obscurekeystroketiming', 'permitlocalcommand', 'permitremoteopen', 'preferredauthentications', 'protocol'],
    ...['pubkeyacceptedalgorithms', 'pubkeyacceptedkeytypes', 'refuseconnection', 'rekeylimit', 'remoteforward'],
    ...['requesttty', 'requiredrsasize', 'rhostsauthentication', 'rhostsrsaauthentication', 'rsaauthentication'],
    ...['securitykeyprovider', 'sendenv', 'sessiontype', 'setenv', 'stdinnull', 'streamlocalbindmask'],
    ...['streamlocalbindunlink', 'syslogfacility', 'tag', 'tunnel', 'tunneldevice', 'updatehostkeys'],
    ...['useblacklistedkeys', 'useprivilegedport', 'userknownhostsfile2', 'useroaming', 'usersh'],
    ...['versionaddendum', 'visualhostkey', 'warnweakcrypto', 'xauthlocation'],
  ]),
]);

/** Other spellings that ssh takes. */
export const KEYWORD_ALIASES: ReadonlyMap<string, string> = new Map([
  ['dsaauthentication', 'pubkeyauthentication'],
  ['identityfile2', 'identityfile'],
]);

function kinds(kind: ValueKind, keywords: readonly string[]): readonly (readonly [string, ValueKind])[] {
  return keywords.map((keyword) => [keyword, kind] as const);
}
