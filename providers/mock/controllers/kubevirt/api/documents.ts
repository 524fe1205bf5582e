import { atLeast, type KubevirtVersion } from '../../../kubevirt/version.ts';

/** What `GET …/version` tells. */
export function versionDocument(version: KubevirtVersion) {
  return {
    gitVersion: version.text,
    gitCommit: 'f9a1f1a0d2b4c6e8f0a1b2c3d4e5f60718293a4b',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.24.4',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

const SUBRESOURCES: readonly (readonly [name: string, since?: string])[] = [
  ['expand-vm-spec'],
  ['virtualmachineinstances/vnc'],
  ['virtualmachineinstances/vnc/screenshot'],
  ['virtualmachineinstances/console'],
  ['virtualmachineinstances/usbredir'],
  ['virtualmachineinstances/portforward'],
  ['virtualmachineinstances/backup', 'v1.8'],
  ['virtualmachineinstances/redefine-checkpoint', 'v1.9'],
  ['virtualmachineinstances/pause'],
  ['virtualmachineinstances/unpause'],
  ['virtualmachineinstances/freeze'],
  ['virtualmachineinstances/unfreeze'],
  ['virtualmachineinstances/reset', 'v1.5'],
  ['virtualmachineinstances/softreboot'],
  ['virtualmachines/start'],
  ['virtualmachines/stop'],
  ['virtualmachines/restart'],
  ['virtualmachines/migrate'],
  ['virtualmachines/expand-spec'],
  ['virtualmachines/objectgraph', 'v1.6'],
  ['virtualmachines/evacuate/cancel', 'v1.7'],
  ['virtualmachineinstances/guestosinfo'],
  ['virtualmachineinstances/userlist'],
  ['virtualmachineinstances/filesystemlist'],
  ['virtualmachineinstances/addvolume'],
  ['virtualmachineinstances/removevolume'],
  ['virtualmachineinstances/objectgraph', 'v1.6'],
  ['virtualmachineinstances/sev/fetchcertchain', 'v1.1'],
  ['virtualmachineinstances/sev/querylaunchmeasurement', 'v1.1'],
  ['virtualmachineinstances/sev/setupsession', 'v1.1'],
  ['virtualmachineinstances/sev/injectlaunchsecret', 'v1.1'],
  ['virtualmachineinstances/evacuate/cancel', 'v1.7'],
];

/** The discovery document of the aggregated API; its entries name no kinds and no verbs. */
export function discoveryDocument(groupVersion: string, version: KubevirtVersion) {
  const resources = SUBRESOURCES.filter(([, since]) => since === undefined || atLeast(version, since)).map(
    ([name]) => ({
      ...{ name, singularName: '', namespaced: true, kind: '', verbs: null },
    }),
  );
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

/** The group that the aggregated API is. */
export function groupDocument() {
  const versions = ['v1', 'v1alpha3'].map((version) => ({
    groupVersion: `subresources.kubevirt.io/${version}`,
    version,
  }));
  return {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'subresources.kubevirt.io',
    versions,
    preferredVersion: versions[0],
  };
}
