import { type CommandResult, printed } from '../../../physics/commands.ts';
import type { Domain } from './launcher.ts';

/** What a stored definition has not: what the running domain was given on top. */
export function inactive(xml: string): string {
  return xml
    .replace(/(<domain [^>]*?) id=(["'])\d+\2/, '$1')
    .replace(/^ *<(cbitpos|reducedPhysBits)>.*<\/\1>\n/gm, '')
    .replace(/^ *<alias name=(["'])(?!ua-).*\n/gm, '');
}

/** The text of the first element of this name; empty when there is none. */
export function textOf(xml: string, tag: string): string {
  return new RegExp(`<${tag}(?: [^>]*)?>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';
}

/** `virsh dominfo`. */
export function information({ name, state, xml }: Domain): CommandResult {
  const rows = {
    Id: '1',
    Name: name,
    UUID: textOf(xml, 'uuid'),
    'OS Type': textOf(xml, 'type') || 'hvm',
    State: state,
    'CPU(s)': /<vcpu[^>]* current=["'](\d+)["']/.exec(xml)?.[1] ?? textOf(xml, 'vcpu'),
    'Max memory': `${textOf(xml, 'memory')} KiB`,
    'Used memory': `${textOf(xml, 'currentMemory') || textOf(xml, 'memory')} KiB`,
    Persistent: 'yes',
    Autostart: 'disable',
    'Managed save': 'no',
    'Security model': 'none',
    'Security DOI': '0',
  };
  const lines = Object.entries(rows).map(([key, value]) => `${`${key}:`.padEnd(16)}${value}\n`);
  return printed(`${lines.join('')}\n`);
}

/** `virsh domblklist`. */
export function disks(xml: string): CommandResult {
  const rows = (xml.match(/<disk [\s\S]*?<\/disk>/g) ?? []).map((disk) => [
    attribute(disk, 'target', 'dev'),
    attribute(disk, 'source', 'file') || attribute(disk, 'source', 'dev') || '-',
  ]);
  return printed(columns(['Target', 'Source'], rows));
}

/** `virsh domiflist`. */
export function nics(xml: string): CommandResult {
  const rows = (xml.match(/<interface [\s\S]*?<\/interface>/g) ?? []).map((nic) => [
    attribute(nic, 'target', 'dev') || '-',
    attribute(nic, 'interface', 'type'),
    attribute(nic, 'source', 'bridge') || '-',
    attribute(nic, 'model', 'type').replace(/^virtio-.*/, 'virtio'),
    attribute(nic, 'mac', 'address'),
  ]);
  return printed(columns(['Interface', 'Type', 'Source', 'Model', 'MAC'], rows));
}

function attribute(xml: string, tag: string, name: string): string {
  return new RegExp(`<${tag} [^>]*?\\b${name}=["']([^"']*)["']`).exec(xml)?.[1] ?? '';
}

/** A table as virsh draws it. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)) + 3);
  const drawn = (row: readonly string[]) =>
    ` ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('')}`.trimEnd();
  const width = widths.reduce((sum, each) => sum + each, 0);
  return `${[drawn(head), '-'.repeat(width), ...rows.map(drawn)].join('\n')}\n\n`;
}
