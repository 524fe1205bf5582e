import type { KubeObject } from './api/objects.ts';
import type { Store } from './api/store.ts';
import type { RunningGuests } from './physics/asids.ts';
import type { Encryption } from './physics/host.ts';
import type { Director } from './scenario/director.ts';

/** The encrypted guests that run now: what the silicon really does takes an ASID, not what the VMI asked for. */
export function runningGuests(store: Pick<Store, 'list'>, director: Director): RunningGuests {
  const real = store
    .list('virtualmachineinstances.kubevirt.io', '')
    .filter((vmi) => (vmi.status as { phase?: string } | undefined)?.phase === 'Running')
    .map((vmi) => director.guest(askedFor(vmi)).really ?? askedFor(vmi));
  return {
    sev: real.filter((encryption) => encryption === 'sev').length,
    es: real.filter((encryption) => encryption === 'sev-es' || encryption === 'sev-snp').length,
  };
}

interface LaunchSecurity {
  readonly sev?: { readonly policy?: { readonly encryptedState?: boolean } };
  readonly snp?: object;
}

function askedFor(vmi: KubeObject): Encryption {
  const { domain } = (vmi.spec ?? {}) as { domain?: { launchSecurity?: LaunchSecurity } };
  const security = domain?.launchSecurity;
  if (security?.snp !== undefined) return 'sev-snp';
  if (security?.sev === undefined) return 'none';
  return security.sev.policy?.encryptedState === true ? 'sev-es' : 'sev';
}
