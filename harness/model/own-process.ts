/** Environment variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** How a person, a terminal that goes away or Prow asks to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What main hands down of its own process, because nothing else touches it. */
export interface OwnProcess {
  readonly pid: number;
  /** Path of the Node that runs us, for children that run our own code. */
  readonly execPath: string;
  /** e.g. `v20.19.0`. */
  readonly nodeVersion?: string;
  /** Of this sevlane. */
  readonly version?: string;
  /** What we were started with. Children get of it only what they need: it may hold secrets. */
  readonly environment: Environment;
  /** As process.kill: signals a process, or with a negative id a group; 0 only asks. Throws ESRCH when none is there. */
  kill(pid: number, signal: NodeJS.Signals | 0): void;
}
