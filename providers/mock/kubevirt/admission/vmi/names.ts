import * as names from '../../../api/kinds/names.ts';

/* Kubernetes' rules for names as the older library in KubeVirt words them: it counts characters, not bytes. */

/** What is wrong with a DNS label. */
export function dnsLabel(name: string): readonly string[] {
  return names.dnsLabel(name).map(inCharacters);
}

/** What is wrong with a DNS name. */
export function dnsSubdomain(name: string): readonly string[] {
  return names.dnsSubdomain(name).map(inCharacters);
}

function inCharacters(problem: string): string {
  return problem.replace(/^(must be no more than \d+) bytes$/, '$1 characters');
}
