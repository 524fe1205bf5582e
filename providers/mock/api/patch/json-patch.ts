import { applyPatch, type Operation } from 'rfc6902';

/**
 * Applies an RFC 6902 patch to a copy.
 * @throws PatchError when an operation is malformed, its path is missing or its test fails; nothing is applied then.
 */
export function jsonPatch<T>(object: T, operations: unknown): T {
  const checked = readOperations(operations);
  const copy = structuredClone(object);
  for (const operation of checked) {
    // A real server's patch library refuses to replace or take away what is not there; so does this.
    const [problem] = applyPatch(copy, [operation]);
    if (problem != null) throw new PatchError(`${operation.op} operation does not apply: ${problem.message}`);
  }
  return copy;
}

/** A patch that cannot be applied. A real API server answers it with a bare 422. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const MOST_OPERATIONS = 10_000;

function readOperations(operations: unknown): readonly Operation[] {
  if (!Array.isArray(operations)) throw new PatchError('a JSON patch is a list of operations');
  if (operations.length > MOST_OPERATIONS) {
    throw new PatchError(
      `The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${operations.length}`,
    );
  }
  return operations.map((operation: unknown) => {
    const { op, path, from } = (operation ?? {}) as {
      readonly op?: unknown;
      readonly path?: unknown;
      readonly from?: unknown;
    };
    if (typeof op !== 'string' || !OPERATIONS.includes(op)) throw new PatchError(`Unexpected kind: ${String(op)}`);
    if (typeof path !== 'string') throw new PatchError(`${op} operation without a path`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw new PatchError(`${op} operation without from`);
    return operation as Operation;
  });
}
