/**
 * Turns what junit-report-builder makes into what the readers need: a bare `<testsuite>` root (flakefinder and
 * KubeVirt's junit-merger look no deeper), skips with their messages in document order (TestGrid drops bare ones),
 * text instead of CDATA and `>` escaped everywhere (flakefinder chokes on `]]>`), times with three decimals, and each
 * case on one line (KubeVirt's skip check counts lines).
 */
export function finish(xml: string, skipMessages: readonly string[]): string {
  const messages = [...skipMessages];
  // Only after this step every `<` begins a tag, every `"` an attribute, and every line end is the builder's own.
  const withoutCdata = xml.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, (_, text: string) => escapeXml(text));
  return `${bareRoot(withoutCdata)
    .replace(/"([^"]*)"/g, (_, value: string) => `"${value.replaceAll('>', '&gt;')}"`)
    .replace(/ time="([\d.e+-]+)"/g, (_, seconds: string) => ` time="${Number(seconds).toFixed(3)}"`)
    .replace(/<skipped\/>/g, () => `<skipped message="${escapeXml(messages.shift() ?? 'no reason given')}"/>`)
    .replace(/<testcase\b[^>]*">[\s\S]*?<\/testcase>/g, (element) => element.replace(/\n\s*/g, ''))
    .trim()}\n`;
}

function bareRoot(xml: string): string {
  return xml
    .replace(/^<testsuites\b[^>]*>\n|^<\/testsuites>\s*|^<testsuites\b[^>]*\/>/gm, '')
    .replace(/^ {2}(?= *<)/gm, '');
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
