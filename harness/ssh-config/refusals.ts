import type { SettingProblem } from '../model/setting.ts';
import type { Hop } from './hops.ts';
import { type EffectiveConfig, firstOf, saysYes, unlessNone } from './host-config.ts';
import { isAnyKeyWanted } from './host-keys.ts';
import { OTHER_TRANSPORT } from './problems.ts';

/** What the built-in transport cannot do and what would change who is reached or whose key is taken. */
const REFUSED: Readonly<Record<string, string>> = {
  proxycommand: 'ProxyCommand',
  knownhostscommand: 'KnownHostsCommand',
  revokedhostkeys: 'RevokedHostKeys',
  bindaddress: 'BindAddress',
  bindinterface: 'BindInterface',
};

/** Everything in effect that the built-in transport would have to pass over although it matters. */
export function refusedSettings({ name, config }: Hop): readonly SettingProblem[] {
  const problems = Object.entries(REFUSED).flatMap(([keyword, spelling]) => {
    if (unlessNone(config, keyword) === undefined) return [];
    const problem = `${spelling} is in effect for ${name.host}, which the built-in transport does not follow`;
    return [{ place: config.placeOf(keyword), problem, fix: OTHER_TRANSPORT }];
  });
  const canonical = firstOf(config, 'canonicalizehostname') ?? 'no';
  if (config.isToldBySsh || /^(no|false|none)$/i.test(canonical)) return problems;
  const problem = `CanonicalizeHostname is in effect for ${name.host}, which only ssh can follow, and it is not installed here`;
  return [
    ...problems,
    { place: config.placeOf('canonicalizehostname'), problem, fix: 'install ssh, or give the full name' },
  ];
}

/** Settings that would leave a host's key unchecked: nobody obeys them, and that is said once. */
export function uncheckedHosts(config: EffectiveConfig): readonly string[] {
  const notes: string[] = [];
  const say = (keyword: string, words: string) =>
    void notes.push(`${config.placeOf(keyword)}: ${words} is not obeyed: host keys are always checked`);
  if (isAnyKeyWanted(config)) {
    say('stricthostkeychecking', 'StrictHostKeyChecking no');
  }
  if (saysYes(config, 'nohostauthenticationforlocalhost')) {
    say('nohostauthenticationforlocalhost', 'NoHostAuthenticationForLocalhost yes');
  }
  return notes;
}

/** What the built-in transport passes over because it changes nothing of that, and what has to be said once. */
export function passedOver(config: EffectiveConfig): readonly string[] {
  const notes = [...uncheckedHosts(config)];
  const say = (keyword: string, words: string) => void notes.push(`${config.placeOf(keyword)}: ${words}`);
  if (unlessNone(config, 'certificatefile') !== undefined) {
    say(
      'certificatefile',
      `CertificateFile is passed over: the built-in transport offers no certificates; ${OTHER_TRANSPORT}`,
    );
  }
  if (unlessNone(config, 'pkcs11provider') !== undefined) {
    say('pkcs11provider', `PKCS11Provider is passed over: the built-in transport asks no tokens; ${OTHER_TRANSPORT}`);
  }
  if (/^inet6?$/i.test(firstOf(config, 'addressfamily') ?? '')) {
    say('addressfamily', 'AddressFamily is passed over: all addresses of the name are tried');
  }
  return notes;
}
