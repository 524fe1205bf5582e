/** A call in the words of people: `create virtualmachineinstances "sev-1" in namespace "lane"`. */
export function describeCall(verb: string, path: string, name?: string): string {
  const [root, version, ...rest] = path.split('?')[0]?.split('/').filter(Boolean).map(decode) ?? [];
  if (version === undefined || (root !== 'api' && root !== 'apis')) return `${verb} ${path.split('?')[0] ?? ''}`;
  const parts = root === 'api' ? rest : rest.slice(1);
  const namespaced = parts[0] === 'namespaces' && parts.length > 2;
  const [plural, named, ...sub] = namespaced ? parts.slice(2) : parts;
  if (plural === undefined) return `${verb} ${path}`;
  const object = named ?? name;
  const where = namespaced ? ` in namespace "${parts[1] ?? ''}"` : '';
  return `${verb} ${[plural, ...sub].join('/')}${object === undefined ? '' : ` "${object}"`}${where}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
