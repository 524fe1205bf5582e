import type { Vmi } from '../model/vmi.ts';
import { atLeast } from '../version.ts';
import type { LauncherCluster } from './cluster.ts';
import { cpuElements, memoryElements } from './domain-cpu.ts';
import { domainDevices } from './domain-devices.ts';
import { featuresElement } from './domain-features.ts';
import { type DomainHost, plainHost } from './domain-host.ts';
import { osElement } from './domain-os.ts';
import { clockElement, sysinfoElement } from './domain-platform.ts';
import { ioThreadCount } from './domain-threads.ts';
import { isSnp } from './vmi-traits.ts';
import { element, GO_STYLE, textElement, type XmlElement, xmlText } from './xml.ts';

/** The domain as virt-launcher hands it to libvirt, in the words and order of its marshaller. */
export function domainXml(vmi: Vmi, cluster: LauncherCluster, host: DomainHost = plainHost(cluster)): string {
  return `${xmlText(domainElement(vmi, cluster, host), GO_STYLE)}\n`;
}

/** The same as a tree. Source of the rules: pkg/virt-launcher/virtwrap/converter of each release. */
export function domainElement(vmi: Vmi, cluster: LauncherCluster, host: DomainHost): XmlElement {
  const threads = ioThreadCount(vmi);
  const rebootPolicy = REBOOT_POLICIES[vmi.spec.domain.rebootPolicy ?? ''];
  return element(
    'domain',
    { type: 'kvm', 'xmlns:qemu': 'http://libvirt.org/schemas/domain/qemu/1.0' },
    textElement('name', `${vmi.metadata.namespace}_${vmi.metadata.name}`),
    memoryElements(vmi),
    osElement(vmi, cluster, host),
    sysinfoElement(vmi, cluster),
    domainDevices(vmi, cluster, host),
    clockElement(vmi),
    element('metadata', {}, element('kubevirt', { xmlns: 'http://kubevirt.io' }, element('uid'))),
    featuresElement(vmi, cluster),
    cpuElements(vmi, host),
    threads.total > 0 && textElement('iothreads', threads.total),
    launchSecurityElement(vmi, cluster),
    rebootPolicy !== undefined && textElement('on_reboot', rebootPolicy),
  );
}

/** Policy bits: no debugging, and encrypted state. Source: AMD SEV API, table "Guest policy". */
export const SEV_POLICY = { noDebug: 0x1, encryptedState: 0x4 };

/** SMT is allowed, and the bit that must be one. Source: AMD SEV-SNP ABI, table "Guest policy". */
export const SNP_POLICY = 0x30000;

const REBOOT_POLICIES: Readonly<Record<string, string>> = { Terminate: 'destroy', Reboot: 'restart' };

function launchSecurityElement(vmi: Vmi, cluster: LauncherCluster): XmlElement | undefined {
  const { launchSecurity } = vmi.spec.domain;
  const { version } = cluster;
  if (vmi.spec.architecture !== 'amd64' || launchSecurity === undefined) return undefined;
  const { sev, tdx } = launchSecurity;
  if (sev != null) {
    const bits = SEV_POLICY.noDebug + (sev.policy?.encryptedState ? SEV_POLICY.encryptedState : 0);
    const policy = textElement('policy', `0x${bits.toString(16)}`);
    const owner = [
      sev.dhCert ? textElement('dhCert', sev.dhCert) : undefined,
      sev.session ? textElement('session', sev.session) : undefined,
    ];
    return element(
      'launchSecurity',
      { type: 'sev' },
      ...(atLeast(version, 'v1.7') ? [...owner, policy] : [policy, ...owner]),
    );
  }
  if (!atLeast(version, 'v1.7')) return undefined;
  if (isSnp(vmi)) {
    return element('launchSecurity', { type: 'sev-snp' }, textElement('policy', `0x${SNP_POLICY.toString(16)}`));
  }
  if (tdx == null) return undefined;
  const path = vmi.metadata.annotations?.['kubevirt.io/qgs-socket-path'];
  return element(
    'launchSecurity',
    { type: 'tdx' },
    atLeast(version, 'v1.9') && element('quoteGenerationService', { path }),
  );
}
