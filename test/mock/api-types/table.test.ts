import { expect } from 'chai';
import { builtinTypes } from '../../../providers/mock/api/kinds/builtin-types.ts';
import { humanDuration } from '../../../providers/mock/api/kinds/columns.ts';
import type { KubeObject } from '../../../providers/mock/api/objects.ts';
import { asTable, partialMetadataList } from '../../../providers/mock/api/table.ts';
import { answered, RECORDED_TIME, type Recording, recordings, recordingsHere, typeOf } from './recordings.ts';

interface Table {
  readonly columnDefinitions: readonly {
    readonly name: string;
    readonly type: string;
    readonly format: string;
    readonly priority: number;
  }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: KubeObject | null }[];
}

describe('a table', () => {
  if (!recordingsHere) it.skip('needs the recordings beside this project');
  for (const one of recordingsHere ? recordings().filter((each) => answered(each)?.kind === 'Table') : []) {
    it(`has the columns and cells of a real one: ${one.n} ${one.group}/${one.name}`, () => {
      const type = typeOf(one);
      if (type === undefined) return expect.fail('no type');
      const wanted = one.response.body as unknown as Table;
      const objects = wanted.rows.map((row) => storedObject(one, row.object, row.cells));
      const found = asTable(type, objects, { now: new Date(RECORDED_TIME), includeObject: 'Metadata' });
      const shape = ({ name, type: kind, format, priority }: Table['columnDefinitions'][number]) => [
        name,
        kind,
        format,
        priority,
      ];
      expect(found.columnDefinitions.map(shape)).to.deep.equal(wanted.columnDefinitions.map(shape));
      const ages = (cells: readonly unknown[]) => cells.map((cell) => (/^\d+s$/.test(`${cell}`) ? 'age' : cell));
      expect(found.rows.map((row) => ages(row.cells))).to.deep.equal(wanted.rows.map((row) => ages(row.cells)));
    });
  }

  it('writes durations as kubectl users know them', () => {
    const texts = [0, 119_000, 200_000, 600_000, 3 * 3600_000, 9 * 3600_000, 49 * 3600_000, 10 * 86400_000].map(
      humanDuration,
    );
    expect(texts).to.deep.equal(['0s', '119s', '3m20s', '10m', '3h', '9h', '2d1h', '10d']);
  });

  it('shows of a pod that is deleted that it is terminating, and of a crashing one why', () => {
    const pods = builtinTypes().find((type) => type.kind === 'Pod');
    if (pods === undefined) return expect.fail('no pods');
    const container = { name: 'c', image: 'i' };
    const pod = (status: unknown, metadata: object = {}): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', creationTimestamp: RECORDED_TIME, ...metadata },
      spec: { containers: [container], nodeName: 'n' },
      status,
    });
    const waiting = {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'c',
          ready: false,
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { finishedAt: RECORDED_TIME } },
        },
      ],
    };
    const running = {
      phase: 'Running',
      containerStatuses: [{ name: 'c', ready: true, restartCount: 0, state: { running: {} } }],
    };
    const now = new Date(Date.parse(RECORDED_TIME) + 5000);
    const cells = asTable(pods, [pod(waiting), pod(running), pod(running, { deletionTimestamp: RECORDED_TIME })], {
      now,
      includeObject: 'None',
    }).rows.map((row) => row.cells.slice(1, 5));
    expect(cells).to.deep.equal([
      ['0/1', 'CrashLoopBackOff', '2 (5s ago)', '5s'],
      ['1/1', 'Running', '0', '5s'],
      ['1/1', 'Terminating', '0', '5s'],
    ]);
  });

  it('can be metadata alone', () => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { secret: '1' } };
    const list = partialMetadataList([object], { resourceVersion: '7' });
    expect(JSON.stringify(list)).not.to.include('secret');
    expect(list.items[0]?.metadata).to.deep.equal({ name: 'a' });
  });
});

/** The object behind a recorded row: its last whole answer before the table was asked for. */
function storedObject(table: Recording, partial: KubeObject | null, cells: readonly unknown[]): KubeObject {
  const name = partial?.metadata.name ?? cells[0];
  const type = typeOf(table);
  const all = recordings()
    .filter((one) => one.n < table.n && !one.request.path.includes('dryRun') && typeOf(one) === type)
    .flatMap((one) => {
      const body = answered(one) as KubeObject & { readonly items?: readonly KubeObject[] };
      return body?.items ?? [body];
    })
    .filter(
      (object) => object?.metadata?.name === name && object.metadata.uid !== undefined && object.kind !== 'Scale',
    );
  return all.at(-1) ?? { apiVersion: '', kind: '', metadata: { name: `${name}` } };
}
