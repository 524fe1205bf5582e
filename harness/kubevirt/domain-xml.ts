import { SaxesParser } from 'saxes';

/** `<launchSecurity>` of a domain, with its policy as a number: live XML zero-pads it. */
export interface DomainSecurity {
  readonly type: string;
  readonly policy: number | undefined;
}

/**
 * The launch security of a libvirt domain, undefined when the domain has none.
 * @throws Error when the text is no well-formed domain XML, or names several launch securities.
 */
export function domainSecurity(xml: string): DomainSecurity | undefined {
  const found: { type: string; policy: string }[] = [];
  const path: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new Error(`this is no domain XML: ${error.message}`);
  });
  parser.on('opentag', (tag) => {
    path.push(tag.name);
    if (path.join('/') === 'domain/launchSecurity') found.push({ type: String(tag.attributes.type ?? ''), policy: '' });
  });
  parser.on('text', (text) => {
    const last = found.at(-1);
    if (last !== undefined && path.join('/') === 'domain/launchSecurity/policy') last.policy += text;
  });
  parser.on('closetag', () => void path.pop());
  parser.write(xml.trim()).close();
  if (!/^<(\?xml|domain[\s>])/.test(xml.trim()))
    throw new Error('this is no domain XML: it does not begin with <domain>');
  if (found.length > 1) throw new Error(`the domain XML has ${found.length} launchSecurity elements`);
  const [only] = found;
  return only === undefined ? undefined : { type: only.type, policy: numeric(only.policy) };
}

function numeric(text: string): number | undefined {
  return /^\s*(0x[0-9a-f]+|\d+)\s*$/i.test(text) ? Number(text) : undefined;
}
