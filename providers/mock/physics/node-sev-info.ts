import { createHash } from 'node:crypto';
import { hostEncryption } from './asids.ts';
import type { HostProfile } from './host.ts';

/** What the platform's secure processor tells of itself through libvirt. Certificates are synthetic: fixed bytes, no real chain. */
export interface NodeSevInfo {
  /** Platform Diffie-Hellman key, base64 of one SEV certificate of 2084 bytes. */
  readonly pdh: string;
  /** PEK, OCA and CEK, base64 of three such certificates. */
  readonly certChain: string;
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
  readonly maxGuests: number;
  readonly maxEsGuests: number;
  readonly cpu0Id: string;
}

/** @throws Error when the host cannot run SEV guests. */
export function nodeSevInfo(profile: HostProfile): NodeSevInfo {
  const encryption = hostEncryption(profile);
  if (!encryption.sev) throw new Error('this host runs no SEV guests');
  return {
    pdh: certificate(profile, PDH).toString('base64'),
    certChain: Buffer.concat([PEK, OCA, CEK].map((usage) => certificate(profile, usage))).toString('base64'),
    cbitpos: profile.cpu.cbitpos,
    reducedPhysBits: profile.cpu.reducedPhysBits,
    maxGuests: encryption.sevSlots,
    maxEsGuests: encryption.esSlots,
    cpu0Id: bytes(`${profile.hostname}/cpu0`, 64).toString('base64'),
  };
}

/** What `virsh nodesevinfo` prints on stderr where SEV is off. */
export const NO_SEV =
  'error: Unable to get host SEV information\nerror: unsupported configuration: QEMU does not support SEV guest\n';

/** Key usages of a SEV certificate, AMD publication 55766, table "Certificate usage". */
const OCA = 0x1001;
const PEK = 0x1002;
const PDH = 0x1003;
const CEK = 0x1004;

const CERTIFICATE_BYTES = 2084;
/** ECDSA over P-384 with SHA-384, and ECDH with SHA-384. */
const ECDSA_SHA384 = 0x0102;
const ECDH_SHA384 = 0x0103;
const P384 = 2;

/** A certificate with a right header and body of the platform's own stable bytes. */
function certificate(profile: HostProfile, usage: number): Buffer {
  const cert = Buffer.alloc(CERTIFICATE_BYTES);
  cert.writeUInt32LE(1, 0);
  cert.writeUInt8(usage === OCA ? 0 : profile.firmware.apiMajor, 4);
  cert.writeUInt8(usage === OCA ? 0 : profile.firmware.apiMinor, 5);
  cert.writeUInt32LE(usage, 8);
  cert.writeUInt32LE(usage === PDH ? ECDH_SHA384 : ECDSA_SHA384, 12);
  cert.writeUInt32LE(P384, 16);
  bytes(`${profile.hostname}/${usage}/x`, 48).copy(cert, 20);
  bytes(`${profile.hostname}/${usage}/y`, 48).copy(cert, 20 + 72);
  return cert;
}

function bytes(seed: string, length: number): Buffer {
  return createHash('sha512').update(seed).digest().subarray(0, length);
}
