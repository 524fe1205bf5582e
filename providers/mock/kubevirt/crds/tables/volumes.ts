/** `spec.volumes` and `spec.utilityVolumes`. Notation: ../shapes.ts. */
export const volumesTable = `
Volume
  cloudInitConfigDrive  *CloudInitConfigDriveSource
  cloudInitNoCloud      *CloudInitNoCloudSource
  configMap             *ConfigMapVolumeSource
  containerDisk         *ContainerDiskSource
  containerPath         *ContainerPathVolumeSource         since=v1.8
  dataVolume            *DataVolumeSource
  downwardAPI           *DownwardAPIVolumeSource
  downwardMetrics       *object
  emptyDisk             *EmptyDiskSource
  ephemeral             *EphemeralVolumeSource
  hostDisk              *HostDisk
  memoryDump            *MemoryDumpVolumeSource
  name!                 string
  persistentVolumeClaim *PersistentVolumeClaimVolumeSource
  secret                *SecretVolumeSource
  serviceAccount        *ServiceAccountVolumeSource
  sysprep               *SysprepSource

CloudInitConfigDriveSource
  networkData          string
  networkDataBase64    string
  networkDataSecretRef *LocalObjectReference
  secretRef            *LocalObjectReference
  userData             string
  userDataBase64       string

CloudInitNoCloudSource
  networkData          string
  networkDataBase64    string
  networkDataSecretRef *LocalObjectReference
  secretRef            *LocalObjectReference
  userData             string
  userDataBase64       string

ConfigMapVolumeSource atomic
  name        string until=v1.4
  name        string default="" since=v1.4
  optional    *bool
  volumeLabel string

ContainerDiskSource
  image!          string
  imagePullPolicy string known=Always|IfNotPresent|Never
  imagePullSecret string
  path            string

ContainerPathVolumeSource
  path!    string maxLength=4096
  readOnly *bool  default=true

DataVolumeSource
  hotpluggable bool
  name!        string

DownwardAPIVolumeSource
  fields      []DownwardAPIVolumeFile
  volumeLabel string

EmptyDiskSource
  capacity! quantity

EphemeralVolumeSource
  persistentVolumeClaim *CorePersistentVolumeClaimVolumeSource

HostDisk
  capacity quantity
  path!    string
  shared   *bool
  type!    string

MemoryDumpVolumeSource
  claimName!   string
  hotpluggable bool
  readOnly     bool

PersistentVolumeClaimVolumeSource
  claimName!   string
  hotpluggable bool
  readOnly     bool

SecretVolumeSource
  optional    *bool
  secretName  string
  volumeLabel string

ServiceAccountVolumeSource
  serviceAccountName string

SysprepSource
  configMap *LocalObjectReference
  secret    *LocalObjectReference

UtilityVolume
  claimName! string
  name!      string
  readOnly   bool
  type       *string
`;
