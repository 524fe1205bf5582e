/** Ends what runs with a status: `exit` the shell, `return` the function. */
class Leave extends Error {
  readonly status: number;
  constructor(word: string, status: number) {
    super(`${word} ${status}`);
    this.status = status;
  }
}

/** `exit`: the shell ends. */
export class LeaveShell extends Leave {
  override readonly name = 'LeaveShell';
  constructor(status: number) {
    super('exit', status);
  }
}

/** `return`: the function ends. */
export class LeaveFunction extends Leave {
  override readonly name = 'LeaveFunction';
  constructor(status: number) {
    super('return', status);
  }
}

/** `break` or `continue`: the round ends. */
export class LeaveLoop extends Error {
  override readonly name = 'LeaveLoop';
  readonly how: 'break' | 'continue';
  constructor(how: 'break' | 'continue') {
    super(how);
    this.how = how;
  }
}
