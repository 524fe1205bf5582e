/** Canonical text of a Kubernetes quantity, e.g. `1000m` → `1`, `2048Mi` → `2Gi`; undefined if it is none. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  if (parsed.nanos === 0n) return '0';
  if (parsed.form === 'binary') return binaryText(parsed.nanos);
  return decimalText(parsed.nanos, parsed.form === 'exponent');
}

/** A quantity in thousandths, rounded up, e.g. `250m` → 250n; undefined if it is none. */
export function milliQuantity(text: string): bigint | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  return ceilDivide(parsed.nanos, 1_000_000n);
}

interface Parsed {
  readonly nanos: bigint;
  readonly form: 'decimal' | 'binary' | 'exponent';
}

const NANO = 1_000_000_000n;
const DECIMAL: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  '': NANO,
  k: NANO * 1000n,
  M: NANO * 1000n ** 2n,
  G: NANO * 1000n ** 3n,
  T: NANO * 1000n ** 4n,
  P: NANO * 1000n ** 5n,
  E: NANO * 1000n ** 6n,
};
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: NANO * 1024n,
  Mi: NANO * 1024n ** 2n,
  Gi: NANO * 1024n ** 3n,
  Ti: NANO * 1024n ** 4n,
  Pi: NANO * 1024n ** 5n,
  Ei: NANO * 1024n ** 6n,
};

const QUANTITY = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

function parse(text: string): Parsed | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match?.[2] === undefined) return undefined;
  const [whole = '', fraction = ''] = match[2].split('.');
  const digits = BigInt(`${whole}${fraction}` || '0');
  const suffix = match[3] ?? '';
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (exponent !== undefined && Math.abs(Number(exponent)) > 18) return undefined;
  const power = Number(exponent ?? 0);
  const unit = exponent === undefined ? (BINARY[suffix] ?? DECIMAL[suffix] ?? NANO) : NANO;
  const scaled = power >= 0 ? digits * unit * 10n ** BigInt(power) : digits * unit;
  const divisor = 10n ** BigInt(fraction.length + (power < 0 ? -power : 0));
  const nanos = ceilDivide(scaled, divisor);
  const form = exponent !== undefined ? 'exponent' : suffix in BINARY ? 'binary' : 'decimal';
  return { nanos: match[1] === '-' ? -nanos : nanos, form };
}

function binaryText(nanos: bigint): string {
  if (nanos % NANO !== 0n || absolute(nanos) < 1024n * NANO) return decimalText(nanos, false);
  let best = `${nanos / NANO}`;
  for (const [suffix, unit] of Object.entries(BINARY)) if (nanos % unit === 0n) best = `${nanos / unit}${suffix}`;
  return best;
}

function decimalText(nanos: bigint, exponent: boolean): string {
  let best = '';
  let power = -9;
  for (const [suffix, unit] of Object.entries(DECIMAL)) {
    if (nanos % unit === 0n) {
      best = exponent ? `${nanos / unit}${power === 0 ? '' : `e${power}`}` : `${nanos / unit}${suffix}`;
    }
    power += 3;
  }
  return best;
}

function ceilDivide(value: bigint, by: bigint): bigint {
  return value / by + (value % by > 0n ? 1n : 0n);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
