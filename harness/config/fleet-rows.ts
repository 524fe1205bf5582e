import type { Parsed, Setting } from '../model/setting.ts';

/** A node that a fleet lends, in place of one that is named. */
export const FLEET_ROWS = {
  boskos: {
    group: 'Node',
    valueName: 'URL',
    parse: boskosUrl,
    help: 'Boskos that lends a host for the run, in place of --ssh; how long it is waited for: --lease-wait',
  },
  'boskos-type': {
    group: 'Node',
    valueName: 'TYPE',
    parse: boskosType,
    help: 'type of host to ask Boskos for, e.g. sev-milan',
  },
} as const satisfies Readonly<Record<string, Omit<Setting, 'key'>>>;

/** Without a slash at its end. A login in it would be seen by everybody who sees the settings. */
function boskosUrl(value: string): Parsed<string> {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    return {
      problem: `"${withoutLogin(value)}" is not the URL of a Boskos`,
      fix: 'write e.g. http://boskos.test-pods',
    };
  }
  if (url.username !== '' || url.password !== '') {
    const fix = 'leave the login out: Boskos itself asks for none; a proxy before it may let this machine in';
    return { problem: `"${withoutLogin(value)}" holds a login that everybody would see`, fix };
  }
  return { value: url.href.replace(/\/+$/, '') };
}

function boskosType(value: string): Parsed<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)) return { value };
  return { problem: `"${value}" is not a type of resources`, fix: 'write a type of its configuration, e.g. sev-milan' };
}

function withoutLogin(value: string): string {
  return value.replace(/\/\/[^@/]*@/, '//...@');
}
