import type { Technology } from '../model/technology.ts';
import type { LabelFilter } from './label-filter.ts';
import type { KubevirtChoice } from './parsers.ts';
import type { CoreValues } from './settings.ts';

/** Everything that a run was told, typed. Made once, frozen, never read from anywhere else. */
export interface RunConfig {
  readonly provider: string;
  /** Kubernetes version that a simulated cluster plays. */
  readonly kubernetes: string | undefined;
  readonly kubevirt: KubevirtConfig;
  readonly tests: TestChoice;
  readonly guest: GuestConfig;
  readonly lease: LeaseConfig;
  readonly leave: LeaveConfig;
  readonly budgets: Budgets;
  readonly output: { readonly detail: 'quiet' | 'normal' | 'verbose'; readonly json: boolean };
}

export interface KubevirtConfig {
  readonly choice: KubevirtChoice;
  /** Installed first, and upgraded to the choice. */
  readonly upgradeFrom: Exclude<KubevirtChoice, { readonly kind: 'existing' }> | undefined;
  /** Folder or URL with `stable.txt`, `<version>/kubevirt-operator.yaml` and `kubevirt-cr.yaml`. */
  readonly mirror: string | undefined;
  /** Folder that keeps what was downloaded; `none` for none, undefined for the user's own. */
  readonly cache: string | undefined;
  /** File with patches. */
  readonly patches: string | undefined;
  /** e.g. `quay.example/kubevirt`. */
  readonly imageRegistry: string | undefined;
  readonly imageTag: string | undefined;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never' | undefined;
}

export interface TestChoice {
  /** Undefined: what the host can do, at least SEV. */
  readonly require: readonly Technology[] | undefined;
  readonly labelFilter: LabelFilter | undefined;
  readonly focus: RegExp | undefined;
  readonly skip: RegExp | undefined;
  readonly seed: number;
}

export interface GuestConfig {
  /** Undefined: KubeVirt's Fedora test image of the tested version. */
  readonly image: string | undefined;
  readonly user: string;
  readonly password: string;
  /** The prompts match at the beginning of a line (flag m). */
  readonly loginPrompt: RegExp;
  readonly passwordPrompt: RegExp;
  readonly shellPrompt: RegExp;
  readonly kernelLogCommand: string;
  readonly memory: string;
  readonly bootMs: number;
}

/** What is left up, and how long undoing may take after a signal. */
export interface LeaveConfig {
  readonly keep: 'never' | 'on failure' | 'always';
  /** Undefined: what the job allows, else as long as undoing needs. */
  readonly graceMs: number | undefined;
}

export interface LeaseConfig {
  readonly namespace: string;
  readonly durationMs: number;
  readonly waitMs: number;
  /** Undefined: as the job says. */
  readonly priority: 'presubmit' | 'periodic' | 'developer' | undefined;
}

/** Milliseconds for each phase and for the whole. */
export interface Budgets {
  readonly connectMs: number;
  /** How long each cut of the connection may take to heal; 0 heals none. */
  readonly connectionMs: number;
  readonly probeMs: number;
  readonly clusterMs: number;
  /** The wait for another run, one lease duration to see it die, and a minute for the API. */
  readonly leaseMs: number;
  readonly kubevirtMs: number;
  readonly suitesMs: number;
  /** All of the above together; when it is up, undoing begins. */
  readonly runMs: number;
  /** All undoing together, on a clock of its own. */
  readonly undoMs: number;
  /** Collecting what is around one failure, by the real time; 0 collects nothing. */
  readonly bundleMs: number;
}

/** The run's deadline outside of Prow. */
export const DEFAULT_RUN_MS = 2 * 60 * 60 * 1000;

/** The typed view of resolved values. `provider` and `runMs` are decided by rules that need more than one value. */
export function toRunConfig(values: CoreValues, provider: string, runMs: number): RunConfig {
  const config: RunConfig = {
    provider,
    kubernetes: values.kubernetes,
    kubevirt: {
      choice: values.kubevirt,
      upgradeFrom: values['kubevirt-upgrade-from'],
      mirror: values['kubevirt-mirror'],
      cache: values['kubevirt-cache'],
      patches: values['kubevirt-patches'],
      imageRegistry: values['image-prefix'] ?? values['image-registry'],
      imageTag: values['image-tag'],
      imagePullPolicy: values['image-pull-policy'],
    },
    tests: {
      require: values.require,
      labelFilter: values['label-filter'],
      focus: values.focus,
      skip: values.skip,
      seed: values.seed,
    },
    guest: guestConfig(values),
    lease: {
      namespace: values['lease-namespace'],
      durationMs: values['lease-duration'],
      waitMs: values['lease-wait'],
      priority: values['lease-priority'],
    },
    leave: {
      keep: values.keep ? 'always' : values['keep-on-failure'] ? 'on failure' : 'never',
      graceMs: values['undo-grace'],
    },
    budgets: budgets(values, runMs),
    output: { detail: values.quiet ? 'quiet' : values.verbose ? 'verbose' : 'normal', json: values.json },
  };
  return Object.freeze(config);
}

function guestConfig(values: CoreValues): GuestConfig {
  return {
    image: values['guest-image'],
    user: values['guest-user'],
    password: values['guest-password'],
    loginPrompt: values['guest-login-prompt'],
    passwordPrompt: values['guest-password-prompt'],
    shellPrompt: values['guest-shell-prompt'],
    kernelLogCommand: values['guest-kernel-log-command'],
    memory: values['guest-memory'],
    bootMs: values['guest-boot-timeout'],
  };
}

function budgets(values: CoreValues, runMs: number): Budgets {
  return {
    connectMs: values['connect-timeout'],
    connectionMs: values['connection-budget'],
    probeMs: values['probe-timeout'],
    clusterMs: values['cluster-timeout'],
    leaseMs: values['lease-wait'] + values['lease-duration'] + 60_000,
    kubevirtMs: values['kubevirt-timeout'],
    suitesMs: values['suites-timeout'],
    runMs,
    undoMs: values['undo-timeout'],
    bundleMs: values['bundle-timeout'],
  };
}
