import { compareQuantities, NOT_A_QUANTITY, parseQuantity, wholeValue } from '../../../quantity.ts';
import type { KubevirtConfig } from '../../config.ts';
import type { Quantity } from '../../model/domain.ts';
import type { VmiSpec } from '../../model/vmi.ts';
import { isLiveUpdate } from '../../mutation/hotplug-defaults.ts';
import { atLeast } from '../../version.ts';
import { type Cause, invalid, required } from '../causes.ts';

/* Rules on memory. Source: vmi-create-admitter.go. */

/** A memory request is at least 1M. */
export function* memoryRequest(spec: VmiSpec, path: string): Iterable<Cause> {
  const field = `${path}.domain.resources.requests.memory`;
  const request = spec.domain.resources?.requests?.memory;
  if (request === undefined) return;
  if (wholeValue(request) < 0n) yield invalid(field, `${field} '${request}': must be greater than or equal to 0.`);
  else if (wholeValue(request) > 0n && compareQuantities(request, '1M') < 0) {
    yield invalid(field, `${field} '${request}': must be greater than or equal to 1M.`);
  }
}

/** A memory limit is not negative and not below the request. */
export function* memoryLimit(spec: VmiSpec, path: string): Iterable<Cause> {
  const field = `${path}.domain.resources.limits.memory`;
  const { requests, limits } = spec.domain.resources ?? {};
  const limit = limits?.memory;
  if (limit === undefined) return;
  if (wholeValue(limit) < 0n) yield invalid(field, `${field} '${limit}': must be greater than or equal to 0.`);
  if (wholeValue(limit) > 0n && sizeOf(requests?.memory) > wholeValue(limit)) {
    const requested = `${path}.domain.resources.requests.memory`;
    yield invalid(requested, `${requested} '${requests?.memory}' is greater than ${field} '${limit}'`);
  }
}

/** Guest memory is a whole number of huge pages. */
export function* hugepages(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const pages = spec.domain.memory?.hugepages;
  if (pages === undefined) return;
  const pageSize = pages.pageSize ?? '';
  const renamed = atLeast(config.version, 'v1.8');
  if (!isQuantity(pageSize)) {
    const field = renamed ? `${path}.domain.memory.hugepages.pageSize` : `${path}.domain.hugepages.size`;
    yield invalid(field, `${field} '${pageSize}': ${NOT_A_QUANTITY}`);
    return;
  }
  const { requests, limits } = spec.domain.resources ?? {};
  const memory =
    [requests?.memory, spec.domain.memory?.guest, limits?.memory].map(sizeOf).find((size) => size !== 0n) ?? 0n;
  const size = wholeValue(pageSize);
  const field = `${path}.domain.resources.requests.memory`;
  const sizeField = renamed ? `${path}.domain.memory.hugepages.pageSize` : `${path}.domain.hugepages.size`;
  const requested = requests?.memory ?? '0';
  if (memory !== 0n && memory < size) {
    yield invalid(
      field,
      `${field} '${requested}' must be equal to or larger than page size ${sizeField} '${pageSize}'`,
    );
  } else if (size !== 0n && memory % size !== 0n) {
    yield invalid(field, `${field} '${requested}' is not a multiple of the page size ${sizeField} '${pageSize}'`);
  }
}

/** Guest memory fits the limit, unless it may grow. */
export function* guestWithinLimit(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (isLiveUpdate(config)) return;
  const guest = spec.domain.memory?.guest;
  const limit = spec.domain.resources?.limits?.memory;
  if (guest === undefined || limit === undefined || sizeOf(limit) === 0n || sizeOf(limit) >= wholeValue(guest)) return;
  const field = `${path}.domain.memory.guest`;
  const limited = `${path}.domain.resources.limits.memory`;
  yield invalid(field, `${field} '${guest}' must be equal to or less than the memory limit ${limited} '${limit}'`);
}

/** Some amount of memory is asked for. VMIs only, after defaults. */
export function* asksForMemory(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  const { memory, resources } = spec.domain;
  if (sizeOf(resources?.requests?.memory) !== 0n || memory?.guest !== undefined || memory?.hugepages !== undefined)
    return;
  const size = atLeast(config.version, 'v1.8') ? 'pageSize' : 'size';
  const places = ['domain.memory.guest', `domain.memory.hugepages.${size}`, 'domain.resources.requests.memory'];
  const [guest, pages, request] = places.map((place) => `'${path}.${place}'`);
  yield required('', `no memory requested, at least one of ${guest}, ${pages} or ${request} must be set`);
}

/** Locked overhead needs its gate. */
export function* reservedOverhead(spec: VmiSpec, path: string, config: KubevirtConfig): Iterable<Cause> {
  if (spec.domain.memory?.reservedOverhead === undefined || config.gateEnabled('ReservedOverheadMemlock')) return;
  const message = 'Reserved overhead memlock feature gate is not enabled in kubevirt-config';
  yield invalid(`${path}.domain.memory.reservedOverhead`, message);
}

function sizeOf(quantity: Quantity | undefined): bigint {
  return quantity === undefined ? 0n : wholeValue(quantity);
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}
