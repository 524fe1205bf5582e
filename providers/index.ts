import type { ProviderFactory } from '../harness/provider/contract.ts';
import { externalProvider } from './external/provider.ts';
import { mockProvider } from './mock/provider.ts';

/** Everybody who can lend an SEV node. The simulated one stands in when none is named. */
export const PROVIDERS: readonly ProviderFactory[] = [mockProvider, externalProvider];
