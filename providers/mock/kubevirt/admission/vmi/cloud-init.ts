import type { CloudInit, Volume } from '../../model/volumes.ts';
import { type Cause, invalid } from '../causes.ts';

/** cloud-init data comes from one place and is small enough for the object. Source: validateVolumes. */
export function* cloudInit(volume: Volume, at: string): Iterable<Cause> {
  const type = volume.cloudInitNoCloud === undefined ? 'cloudInitConfigDrive' : 'cloudInitNoCloud';
  const data = volume[type];
  if (data === undefined) return;
  const field = `${at}.${type}`;
  const user = yield* userData(data, field, type);
  const network = yield* networkData(data, field, type);
  if (user + network === 0) {
    yield invalid(field, `${field} must have at least one userdatasource or one networkdatasource set.`);
  }
}

/** In bytes, for user and for network data alike. */
const MAX_BYTES = 2048;

function* userData(data: CloudInit, field: string, type: string): Generator<Cause, number> {
  const sources = [data.secretRef?.name, data.userDataBase64, data.userData].filter(Boolean).length;
  yield* decodable(data.userDataBase64, `${field}.userDataBase64`, `${type}.userDataBase64`);
  if (sources > 1) yield invalid(field, `${field} must have only one userdatasource set.`);
  if (bytesOf(data.userData, data.userDataBase64) > MAX_BYTES) {
    const remedy = 'Should use UserDataSecretRef for larger data.';
    yield invalid(field, `${field} userdata exceeds ${MAX_BYTES} byte limit. ${remedy}`);
  }
  return sources;
}

function* networkData(data: CloudInit, field: string, type: string): Generator<Cause, number> {
  const sources = [data.networkDataSecretRef?.name, data.networkDataBase64, data.networkData].filter(Boolean).length;
  yield* decodable(data.networkDataBase64, `${field}.networkDataBase64`, `${type}.networkDataBase64`);
  if (sources > 1) yield invalid(field, `${field} must have only one networkdata source set.`);
  if (bytesOf(data.networkData, data.networkDataBase64) > MAX_BYTES) {
    const remedy = 'Should use NetworkDataSecretRef for larger data.';
    yield invalid(field, `${field} networkdata exceeds ${MAX_BYTES} byte limit. ${remedy}`);
  }
  return sources;
}

function* decodable(text: string | undefined, field: string, name: string): Iterable<Cause> {
  if (!text || isBase64(text)) return;
  yield invalid(field, `${field}.${name} is not a valid base64 value.`);
}

function isBase64(text: string): boolean {
  const bare = text.replace(/[\r\n]/g, '');
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}

function bytesOf(plain: string | undefined, encoded: string | undefined): number {
  if (plain) return Buffer.byteLength(plain);
  return encoded ? Buffer.from(encoded, 'base64').length : 0;
}
