import { resolve as absolute, dirname, isAbsolute, join, relative } from 'node:path';
import type { ResolvedSetting, Setting, SettingProblem } from '../model/setting.ts';
import { formatDuration } from './duration.ts';
import type { SettingsFile } from './file.ts';
import { nearest } from './nearest.ts';
import { isCi, prowLimits } from './prow.ts';
import { DEFAULT_RUN_MS, type RunConfig, toRunConfig } from './run-config.ts';
import { type CoreValues, REAL_NODE_KEYS, SETTINGS } from './settings.ts';
import { type Environment, type Given, readEnvironment, readFileText, readFlags } from './sources.ts';

/** What is known about a provider before it is made: its name and its rows of the settings table. */
export interface ProviderRows {
  readonly name: string;
  readonly simulated: boolean;
  readonly settings: readonly Setting[];
}

/** Everything that settings are read from. Nothing else is looked at. */
export interface SettingsInput {
  /** The words after the command. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly file?: SettingsFile | undefined;
  readonly workingFolder: string;
  readonly providers: readonly ProviderRows[];
  /** Rows of the command itself, beside the table's and the providers'. */
  readonly commandRows?: readonly Setting[];
  /** Rows of other commands: their variables and keys of the file are no mistakes here, and are not read. */
  readonly otherRows?: readonly Setting[];
  /** True for a command that proves something, so that in CI its provider must be named. */
  readonly isProof: boolean;
  /**
   * True for a command that hands the cluster to other programs: its provider must be named everywhere, because they
   * do not say that a cluster is a simulated one.
   */
  readonly isForOthers?: boolean;
  /** The provider whose own command this is; nothing else is asked then. */
  readonly ownProvider?: ProviderRows | undefined;
}

/** What came of it: a config, or every mistake at once. */
export type Resolution = {
  /** Every row that applies, in the table's order, also when there are mistakes. */
  readonly resolved: readonly ResolvedSetting[];
  readonly rows: readonly Setting[];
  /** Things to say aloud that are no mistakes. */
  readonly notes: readonly string[];
  /** Values by key; undefined where unset or mistaken. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys whose text was refused. */
  readonly refused: ReadonlySet<string>;
  /** The chosen provider, as far as the choice is clear. */
  readonly provider: string | undefined;
} & (
  | { readonly ok: true; readonly config: RunConfig }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] }
);

interface Chosen {
  readonly row: Setting;
  readonly given: Given | undefined;
  readonly text: string;
  readonly value: unknown;
}

/** Reads all sources, flag before environment before file before default, and applies the rules between settings. */
export function resolveSettings(input: SettingsInput): Resolution {
  const providerRows = input.providers.flatMap((provider) => provider.settings);
  const allRows = uniqueRows([...SETTINGS, ...providerRows, ...(input.commandRows ?? [])]);
  const known = uniqueRows([...allRows, ...(input.otherRows ?? [])]);
  const sources = [
    readFlags(input.argv, allRows),
    readEnvironment(input.env, known),
    ...(input.file === undefined
      ? []
      : [readFileText(relative(input.workingFolder, input.file.path), input.file.text, known)]),
  ];
  const problems = sources.flatMap((source) => source.problems);
  const givenFor = (key: string) => sources.map((source) => source.given.get(key)).find((given) => given !== undefined);

  const choice = chooseProvider(givenFor, input);
  problems.push(...choice.problems);
  const rows = allRows.filter((row) => belongs(row, choice.provider, input));
  problems.push(...strayProblems(allRows, givenFor, { ...input, chosen: choice.provider }));

  const refused = new Set<string>();
  const chosen = rows.map((row): Chosen => {
    const given = ignored(row, givenFor(row.key), choice.provider);
    const text = located(given?.text ?? row.default ?? '', row, given, input);
    const parsed = given === undefined && row.default === undefined ? { value: undefined } : row.parse(text);
    if (!('problem' in parsed)) return { row, given, text, value: parsed.value };
    refused.add(row.key);
    const place = given?.place ?? `default of --${row.key}`;
    problems.push({ place, problem: parsed.problem, fix: parsed.fix });
    return { row, given, text, value: undefined };
  });
  const values = Object.fromEntries(chosen.map(({ row, value }) => [row.key, value]));
  const resolved = chosen.map((one) => resolvedSetting(one, choice.provider?.name));

  const time = runTime(values, givenFor('run-timeout'), input.env);
  problems.push(...time.problems, ...snpProblems(values, givenFor('require')), ...volumeProblems(values, givenFor));
  problems.push(...registryProblems(values, givenFor), ...upgradeProblems(values, givenFor));
  const provider = choice.provider?.name;
  const notes = [...choice.notes, ...time.notes, ...(input.isProof ? leaseNotes(values) : [])];
  const common = { resolved, rows, notes, values, refused, provider };
  if (problems.length > 0 || choice.provider === undefined) return { ...common, ok: false, problems };
  // Every row was parsed by the table's own `parse`, so the values have the types that the table promises.
  const config = toRunConfig(values as unknown as CoreValues, choice.provider.name, time.runMs);
  return { ...common, ok: true, config };
}

function uniqueRows(rows: readonly Setting[]): readonly Setting[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

function chooseProvider(givenFor: (key: string) => Given | undefined, input: SettingsInput) {
  const given = givenFor('provider');
  const names = input.providers.map((provider) => provider.name);
  const none = { provider: undefined, notes: [] as string[] };
  if (input.ownProvider !== undefined) return { ...none, provider: input.ownProvider, problems: [] };
  if (given !== undefined) {
    const provider = input.providers.find(({ name }) => name === given.text);
    if (provider !== undefined) return { provider, notes: [], problems: [] };
    const near = nearest(given.text, names);
    const fix = `${near === undefined ? 'use' : `did you mean ${near}? use`} one of ${names.join(', ')}`;
    return { ...none, problems: [{ place: given.place, problem: `provider "${given.text}" is not known`, fix }] };
  }
  const meant = providerMeant(givenFor, input);
  if (meant !== undefined) return meant;
  const simulated = input.providers.find((provider) => provider.simulated);
  const isInCi = input.isProof && isCi(input.env);
  if (simulated === undefined || isInCi || input.isForOthers === true) {
    const reason =
      simulated === undefined
        ? ''
        : isInCi
          ? ', and in CI a simulated green must never pass for a real one'
          : ', and other programs would not say that the cluster is a simulated one';
    const problem = `no provider is named${reason}${passedOver(givenFor, input)}`;
    return {
      ...none,
      problems: [
        {
          place: '--provider',
          problem,
          fix: `write --ssh NODE or --kubeconfig FILE for a real one, or --provider with one of ${names.join(', ')}`,
        },
      ],
    };
  }
  const note = `no provider named: running on the simulated host "${simulated.name}", nothing here is proven on hardware${passedOver(givenFor, input)}`;
  return { provider: simulated, notes: input.isProof ? [note] : [], problems: [] };
}

/** Who names a node or its cluster to us means it: the simulated host has neither. KUBECONFIG says nothing, it is everybody's. */
function providerMeant(givenFor: (key: string) => Given | undefined, input: SettingsInput) {
  const [real, ...others] = input.providers.filter((provider) => !provider.simulated);
  const named = ['ssh', 'boskos', 'kubeconfig'].map(givenFor).find((given) => given?.meantForUs === true);
  if (named === undefined || real === undefined || others.length > 0) return undefined;
  const note = `${named.place} names a node: provider ${real.name}`;
  return { provider: real, notes: input.isProof ? [note] : [], problems: [] };
}

/** Whoever has set KUBECONFIG may take it for a choice. */
function passedOver(givenFor: (key: string) => Given | undefined, input: SettingsInput): string {
  const given = givenFor('kubeconfig');
  if (given === undefined || given.meantForUs) return '';
  const real = input.providers.filter(({ simulated }) => !simulated).map(({ name }) => `--provider ${name}`);
  const fix = real.length === 0 ? '' : `: for its cluster write ${real.join(' or ')}`;
  return `; ${given.place} is set but chooses no provider${fix}`;
}

/** Rows of the table, of the command and of the chosen provider; of all providers while none is known. */
function belongs(row: Setting, chosen: ProviderRows | undefined, input: SettingsInput): boolean {
  if (chosen === undefined) return !input.providers.some((provider) => provider.settings.includes(row));
  const owners = input.providers.filter((provider) => provider.settings.some(({ key }) => key === row.key));
  return owners.length === 0 || owners.includes(chosen);
}

/** Settings that were given on purpose and that the chosen provider would ignore. */
function strayProblems(
  rows: readonly Setting[],
  givenFor: (key: string) => Given | undefined,
  input: SettingsInput & { readonly chosen: ProviderRows | undefined },
): readonly SettingProblem[] {
  const { chosen } = input;
  if (chosen === undefined) return [];
  return rows.flatMap((row) => {
    const given = givenFor(row.key);
    if (given?.meantForUs !== true) return [];
    if (chosen.simulated && REAL_NODE_KEYS.has(row.key)) {
      const problem = `names a real node, but provider ${chosen.name} simulates one`;
      const real = input.providers.filter((provider) => !provider.simulated).map((provider) => provider.name);
      return [{ place: given.place, problem, fix: `leave it out, or choose --provider ${real.join(' or ')}` }];
    }
    if (belongs(row, chosen, input)) return [];
    const owner = input.providers.find((provider) => provider.settings.some(({ key }) => key === row.key));
    const problem = `belongs to provider ${owner?.name}, but ${chosen.name} is chosen`;
    return [{ place: given.place, problem, fix: `leave it out, or choose --provider ${owner?.name}` }];
  });
}

/** What a simulated provider would not use is shown as unset, such as a KUBECONFIG that stands in the environment. */
function ignored(row: Setting, given: Given | undefined, chosen: ProviderRows | undefined): Given | undefined {
  return chosen?.simulated === true && REAL_NODE_KEYS.has(row.key) ? undefined : given;
}

/** Paths are meant relative to where they are written: the working folder, or the folder of sevlane.yaml. */
function located(text: string, row: Setting, given: Given | undefined, input: SettingsInput): string {
  const isPath =
    row.path?.test(text.trim()) ?? (row.valueName === 'FILE' || row.valueName === 'FILES' || row.valueName === 'DIR');
  if (!isPath || text.trim() === '' || row.noPath?.test(text.trim())) return text;
  const folder = given?.origin === 'file' && input.file !== undefined ? dirname(input.file.path) : input.workingFolder;
  const locate = (path: string) => {
    if (path.startsWith('~/') && input.env.HOME !== undefined) return join(input.env.HOME, path.slice(2));
    return path === '' || isAbsolute(path) ? path : absolute(folder, path);
  };
  if (row.valueName !== 'FILES') return locate(text.trim());
  return text
    .split(',')
    .map((path) => locate(path.trim()))
    .join(',');
}

function resolvedSetting({ row, given, text, value }: Chosen, provider: string | undefined): ResolvedSetting {
  const { key } = row;
  if (given !== undefined) return { key, value, text, origin: given.origin, place: given.place };
  if (key === 'provider' && provider !== undefined) {
    return { key, value: provider, text: provider, origin: 'default', place: 'default' };
  }
  if (row.default === undefined) return { key, value, text: '', origin: 'unset', place: 'unset' };
  return { key, value, text, origin: 'default', place: 'default' };
}

/** The run's deadline: as told, or the Prow job's timeout less what undoing and the last writes need. */
function runTime(values: Readonly<Record<string, unknown>>, given: Given | undefined, env: Environment) {
  const { timeoutMs, graceMs } = prowLimits(env);
  const undoMs = Number(values['undo-timeout'] ?? 0);
  const told = values['run-timeout'];
  const spareMs = timeoutMs === undefined ? undefined : timeoutMs - undoMs - 60_000;
  const notes: string[] = [];
  if (graceMs !== undefined && undoMs > graceMs) {
    const times = `undo-timeout ${formatDuration(undoMs)}, the job's grace_period ${formatDuration(graceMs)}`;
    notes.push(`${times}: an aborted run undoes what fits, and the next run sweeps the rest`);
  }
  const runMs = typeof told === 'number' ? told : (spareMs ?? DEFAULT_RUN_MS);
  if (timeoutMs === undefined || spareMs === undefined || (runMs <= spareMs && runMs > 0)) {
    return { runMs, notes, problems: [] };
  }
  const problem: SettingProblem = {
    place: given?.place ?? 'undo-timeout',
    problem: `the Prow job ends after ${formatDuration(timeoutMs)}, undoing takes up to ${formatDuration(undoMs)}: ${
      spareMs > 0 ? `a run of ${formatDuration(runMs)} does not fit` : 'no time is left for the run'
    }`,
    fix: "shorten run-timeout or undo-timeout, or raise the job's decoration_config.timeout",
  };
  return { runMs, notes, problems: [problem] };
}

/**
 * A holder that cannot renew loses the lease, whatever the connection may still have left to heal. It renews every sixth
 * of the duration and gives up after eleven twelfths: a cut in between may last for three quarters of it.
 */
function leaseNotes(values: Readonly<Record<string, unknown>>): readonly string[] {
  const { 'connection-budget': budgetMs, 'lease-duration': leaseMs } = values as Partial<CoreValues>;
  if (budgetMs === undefined || leaseMs === undefined || budgetMs <= leaseMs * OUTLIVED) return [];
  const longest = formatDuration(Math.floor((leaseMs * OUTLIVED) / 1000) * 1000);
  const enough = formatDuration(Math.ceil(budgetMs / OUTLIVED / 1000) * 1000);
  const times = `connection-budget ${formatDuration(budgetMs)}, lease-duration ${formatDuration(leaseMs)}`;
  return [`${times}: a cut of ${longest} may already cost the lease; a --lease-duration of ${enough} outlives it`];
}

const OUTLIVED = 3 / 4;

/** KubeVirt before v1.7 does not know launchSecurity.snp: it boots such a guest unencrypted and says nothing. */
function snpProblems(values: Readonly<Record<string, unknown>>, given: Given | undefined): readonly SettingProblem[] {
  const { require: required, kubevirt } = values as unknown as CoreValues;
  if (given === undefined || required?.includes('sev-snp') !== true || kubevirt?.kind !== 'version') return [];
  if (kubevirt.major > 1 || (kubevirt.major === 1 && kubevirt.minor >= 7)) return [];
  return [
    {
      place: given.place,
      problem: `sev-snp is demanded, but KubeVirt ${kubevirt.version} cannot launch SEV-SNP guests`,
      fix: 'use --kubevirt v1.7.0 or later, or leave sev-snp out',
    },
  ];
}

/** One thing under two names; a variable of KubeVirt's is overruled by a flag, as everywhere. */
function registryProblems(
  values: Readonly<Record<string, unknown>>,
  givenFor: (key: string) => Given | undefined,
): readonly SettingProblem[] {
  const [one, other] = [givenFor('image-registry'), givenFor('image-prefix')];
  if (one?.meantForUs !== true || other === undefined) return [];
  if (values['image-registry'] === values['image-prefix']) return [];
  const place = `${one.place} and ${other.place}`;
  return [{ place, problem: 'name two registries for the same images', fix: 'leave one of them out' }];
}

/** What is there already is never changed. */
function upgradeProblems(
  values: Readonly<Record<string, unknown>>,
  givenFor: (key: string) => Given | undefined,
): readonly SettingProblem[] {
  const { kubevirt } = values as unknown as Partial<CoreValues>;
  const given = givenFor('kubevirt-upgrade-from');
  if (given === undefined || kubevirt?.kind !== 'existing') return [];
  const place = `${given.place} and ${givenFor('kubevirt')?.place}`;
  const fix = 'name with --kubevirt the release to upgrade to, or leave --kubevirt-upgrade-from out';
  return [{ place, problem: 'the KubeVirt that stands in the cluster is tested as it is, and not upgraded', fix }];
}

function volumeProblems(
  values: Readonly<Record<string, unknown>>,
  givenFor: (key: string) => Given | undefined,
): readonly SettingProblem[] {
  if (values.quiet !== true || values.verbose !== true) return [];
  const place = `${givenFor('quiet')?.place} and ${givenFor('verbose')?.place}`;
  return [{ place, problem: 'ask for opposite things', fix: 'leave one of them out' }];
}
