/** Environment that makes the wall clock of a Node program run off by so much; its monotonic clock stays right. */
export function skewedBy(ms: number): Readonly<Record<string, string>> {
  const module = `
    const Right = Date;
    const now = () => Right.now() + (${ms});
    globalThis.Date = class Date extends Right {
      constructor(...parts) { parts.length === 0 ? super(now()) : super(...parts); }
      static now() { return now(); }
    };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(module)}` };
}
