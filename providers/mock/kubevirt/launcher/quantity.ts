/** A Kubernetes quantity: an exact value in billionths, and the notation that its text keeps. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: 'BinarySI' | 'DecimalSI';
}

/** Reads `1Gi`, `100m`, `50M`, `0.5`, `1e3`. @throws Error for anything else. */
export function quantity(text: string | number): Quantity {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/.exec(String(text));
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match ?? [];
  if (!match || whole + fraction === '') throw new Error(`"${text}" is no quantity, e.g. 1Gi or 100m`);
  const binary = BINARY.indexOf(suffix);
  const scaled = BigInt(whole + fraction) * (binary > 0 ? NANO * 1024n ** BigInt(binary) : decimalScale(suffix));
  const divisor = 10n ** BigInt(fraction.length);
  const nano = (scaled + divisor - 1n) / divisor;
  return { nano: sign === '-' ? -nano : nano, format: binary > 0 ? 'BinarySI' : 'DecimalSI' };
}

/** A whole number of bytes or units. */
export function quantityOf(value: bigint | number, format: Quantity['format']): Quantity {
  return { nano: BigInt(value) * NANO, format };
}

/** The sum in the notation of the first summand that is not zero, as apimachinery adds. */
export function sum(...summands: readonly Quantity[]): Quantity {
  let total: Quantity = { nano: 0n, format: summands[0]?.format ?? 'DecimalSI' };
  for (const { nano, format } of summands) {
    total = { nano: total.nano + nano, format: total.nano === 0n ? format : total.format };
  }
  return total;
}

/** First less second, in the first one's notation. */
export function difference(from: Quantity, less: Quantity): Quantity {
  return { nano: from.nano - less.nano, format: from.format };
}

/** Whole units, rounded up. */
export function wholeUnits({ nano }: Quantity): bigint {
  return ceilDivide(nano, NANO);
}

/** Whole thousands, rounded up. */
export function thousandsOf({ nano }: Quantity): bigint {
  return ceilDivide(nano, NANO * 1000n);
}

/** The canonical text: no fraction, the largest suffix that divides evenly. */
export function quantityText({ nano, format }: Quantity): string {
  const whole = ceilDivide(nano, NANO);
  if (format === 'BinarySI' && (whole >= 1024n || whole <= -1024n)) return suffixed(whole, 1024n, BINARY);
  if (nano % NANO === 0n) return suffixed(whole, 1000n, DECIMAL);
  const small = ['n', 'u', 'm'];
  let rest = nano;
  let step = 0;
  while (step < 2 && rest % 1000n === 0n) {
    rest /= 1000n;
    step += 1;
  }
  return `${rest}${small[step] ?? ''}`;
}

const NANO = 1_000_000_000n;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

function decimalScale(suffix: string): bigint {
  if (/^[eE]/.test(suffix)) {
    const exponent = Number(suffix.slice(1));
    return exponent >= 0 ? NANO * 10n ** BigInt(exponent) : NANO / 10n ** BigInt(-exponent);
  }
  const small: Readonly<Record<string, bigint>> = { n: 1n, u: 1000n, m: 1_000_000n };
  return small[suffix] ?? NANO * 1000n ** BigInt(Math.max(0, DECIMAL.indexOf(suffix)));
}

function suffixed(value: bigint, base: bigint, suffixes: readonly string[]): string {
  let rest = value;
  let step = 0;
  while (rest !== 0n && rest % base === 0n && step < suffixes.length - 1) {
    rest /= base;
    step += 1;
  }
  return `${rest}${suffixes[step] ?? ''}`;
}

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value > 0n && value % by !== 0n ? quotient + 1n : quotient;
}
