import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Setting } from '../../harness/model/setting.ts';
import { splitWords, withoutSettings } from '../../harness/tools/words.ts';

const parse = (value: string) => ({ value });
const ROWS: readonly Setting[] = [
  { key: 'ssh', valueName: 'HOST', group: '', help: '', parse },
  { key: 'node', valueName: 'NAME', group: '', help: '', parse },
  { key: 'verbose', group: '', help: '', parse },
];
const split = (rule: Parameters<typeof splitWords>[0], line: string) => {
  const { flags, words, isSeparated } = splitWords(rule, line.split(' ').filter(Boolean), ROWS);
  return isSeparated ? `${flags.join(' ')} | ${words.join(' ')}` : 'no --';
};

describe('the words after a command', () => {
  it('are settings before -- and a program after it', () => {
    expect(split('after --', '--ssh amd1 -- ls -- --ssh')).to.equal('--ssh amd1 | ls -- --ssh');
    expect(split('after --', '-- ls')).to.equal(' | ls');
    expect(split('after --', '--ssh amd1 ls')).to.equal('no --');
  });

  it('all go to kubectl, unless nothing but settings stands before --', () => {
    expect(split('all', 'get nodes')).to.equal(' | get nodes');
    expect(split('all', 'exec pod -- ls')).to.equal(' | exec pod -- ls');
    expect(split('all', '--namespace x exec pod -- ls')).to.equal(' | --namespace x exec pod -- ls');
    expect(split('all', '--ssh amd1 --verbose -- exec pod -- ls')).to.equal('--ssh amd1 --verbose | exec pod -- ls');
    expect(split('all', '--ssh=amd1 -- get nodes')).to.equal('--ssh=amd1 | get nodes');
    expect(split('all', '-- get nodes')).to.equal(' | get nodes');
    expect(split('all', '--kubeconfig k get nodes')).to.equal(' | --kubeconfig k get nodes');
    expect(split('all', '--ssh amd1 get nodes')).to.equal('no --');
    expect(split('all', '--ssh -- get nodes')).to.equal('no --');
    expect(split('all', 'get nodes --ssh amd1')).to.equal('no --');
    expect(split('all', 'exec pod -- prog --ssh amd1')).to.equal(' | exec pod -- prog --ssh amd1');
    expect(split('all', 'get nodes --node x')).to.equal(' | get nodes --node x');
  });

  it('begin with what to do', () => {
    expect(split('action', 'up --ssh amd1')).to.equal('--ssh amd1 | up');
    expect(split('action', '--ssh amd1 up')).to.equal('--ssh amd1 up | ');
    expect(split('action', '')).to.equal(' | ');
  });

  it('are handed on without settings that the other does not know', () => {
    const words = ['--node', 'a', '--ssh=b', '--verbose', '--node=c', '--ssh', 'd'];
    expect(withoutSettings(words, ['node'], ROWS)).to.deep.equal(['--ssh=b', '--verbose', '--ssh', 'd']);
    expect(withoutSettings(words, ['ssh', 'verbose'], ROWS)).to.deep.equal(['--node', 'a', '--node=c']);
  });
});
