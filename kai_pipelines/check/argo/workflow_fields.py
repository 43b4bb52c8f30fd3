"""The objects of Argo 4.1.2 (pkg/apis/workflow/v1alpha1), by name.

Each field is `name:type`, in the order in which Go writes them: `*` is a pointer, `[]` a list, `{}` a mapping of
texts to, a last `?` says that an empty one is left out (omitempty), and `+Type` embeds the fields of another.
"""

from __future__ import annotations

FIELDS: dict[str, str] = {
    "ArchiveStrategy": "tar:*TarStrategy? none:*NoneStrategy? zip:*ZipStrategy?",
    "Arguments": "parameters:[]Parameter? artifacts:[]Artifact?",
    "ArtGCStatus": "strategiesProcessed:{}bool? podsRecouped:{}bool? notSpecified:bool?",
    "Artifact": (
        "name:string path:string? mode:*int32? from:string? +ArtifactLocation globalName:string? "
        "archive:*ArchiveStrategy? optional:bool? subPath:string? recurseMode:bool? fromExpression:string? "
        "artifactGC:*ArtifactGC? deleted:bool?"
    ),
    "ArtifactGC": "strategy:string? podMetadata:*Metadata? serviceAccountName:string?",
    "ArtifactLocation": (
        "archiveLogs:*bool? s3:*S3Artifact? git:*GitArtifact? http:*HTTPArtifact? "
        "artifactory:*ArtifactoryArtifact? hdfs:*HDFSArtifact? raw:*RawArtifact? oss:*OSSArtifact? "
        "gcs:*GCSArtifact? azure:*AzureArtifact? plugin:*PluginArtifact?"
    ),
    "ArtifactPaths": "+Artifact",
    "ArtifactRepository": (
        "archiveLogs:*bool? s3:*S3ArtifactRepository? artifactory:*ArtifactoryArtifactRepository? "
        "hdfs:*HDFSArtifactRepository? oss:*OSSArtifactRepository? gcs:*GCSArtifactRepository? "
        "azure:*AzureArtifactRepository? plugin:*PluginArtifactRepository?"
    ),
    "ArtifactRepositoryRef": "configMap:string? key:string?",
    "ArtifactRepositoryRefStatus": (
        "+ArtifactRepositoryRef namespace:string? default:bool? artifactRepository:*ArtifactRepository?"
    ),
    "ArtifactoryArtifact": "url:string +ArtifactoryAuth",
    "ArtifactoryArtifactRepository": "+ArtifactoryAuth repoURL:string? keyFormat:string?",
    "ArtifactoryAuth": "usernameSecret:*SecretKeySelector? passwordSecret:*SecretKeySelector?",
    "AzureArtifact": "+AzureBlobContainer blob:string",
    "AzureArtifactRepository": "+AzureBlobContainer blobNameFormat:string?",
    "AzureBlobContainer": "endpoint:string container:string accountKeySecret:*SecretKeySelector? useSDKCreds:bool?",
    "Backoff": "duration:string? factor:*intorstring? maxDuration:string? cap:string?",
    "BasicAuth": "usernameSecret:*SecretKeySelector? passwordSecret:*SecretKeySelector?",
    "Cache": "configMap:*LocalObjectReference",
    "ClientCertAuth": "clientCertSecret:*SecretKeySelector? clientKeySecret:*SecretKeySelector?",
    "ClusterWorkflowTemplate": "+TypeMeta metadata:ObjectMeta spec:WorkflowSpec",
    "Condition": "type:string? status:string? message:string?",
    "ContainerNode": "+Container dependencies:[]string?",
    "ContainerSetRetryStrategy": "duration:string? retries:*intorstring",
    "ContainerSetTemplate": (
        "containers:[]ContainerNode volumeMounts:[]VolumeMount? retryStrategy:*ContainerSetRetryStrategy?"
    ),
    "ContinueOn": "error:bool? failed:bool?",
    "Counter": "value:string",
    "CreateS3BucketOptions": "objectLocking:bool?",
    "CronWorkflow": "+TypeMeta metadata:ObjectMeta spec:CronWorkflowSpec status:CronWorkflowStatus?",
    "CronWorkflowSpec": (
        "workflowSpec:WorkflowSpec concurrencyPolicy:string? suspend:bool? startingDeadlineSeconds:*int64? "
        "successfulJobsHistoryLimit:*int32? failedJobsHistoryLimit:*int32? timezone:string? "
        "workflowMetadata:*ObjectMeta? stopStrategy:*StopStrategy? schedules:[]string when:string?"
    ),
    "CronWorkflowStatus": (
        "active:[]ObjectReference lastScheduledTime:*time conditions:[]Condition succeeded:int64 failed:int64 "
        "phase:string"
    ),
    "DAGTask": (
        "name:string template:string? inline:*Template? arguments:Arguments? templateRef:*TemplateRef? "
        "dependencies:[]string? withItems:[]json? withParam:string? withSequence:*Sequence? when:string? "
        "continueOn:*ContinueOn? onExit:string? depends:string? hooks:{}LifecycleHook?"
    ),
    "DAGTemplate": "target:string? tasks:[]DAGTask failFast:*bool?",
    "Data": "source:DataSource transformation:[]TransformationStep",
    "DataSource": "artifactPaths:*ArtifactPaths?",
    "Event": "selector:string",
    "ExecutorConfig": "serviceAccountName:string?",
    "ExecutorPlugin": "metadata:ObjectMeta spec:ExecutorPluginSpec",
    "ExecutorPluginSidecar": "automountServiceAccountToken:bool? container:Container",
    "ExecutorPluginSpec": "sidecar:ExecutorPluginSidecar",
    "GCSArtifact": "+GCSBucket key:string",
    "GCSArtifactRepository": "+GCSBucket keyFormat:string?",
    "GCSBucket": "bucket:string? serviceAccountKeySecret:*SecretKeySelector?",
    "Gauge": "value:string realtime:*bool operation:string?",
    "GitArtifact": (
        "repo:string revision:string? depth:*uint64? fetch:[]string? usernameSecret:*SecretKeySelector? "
        "passwordSecret:*SecretKeySelector? sshPrivateKeySecret:*SecretKeySelector? insecureIgnoreHostKey:bool? "
        "disableSubmodules:bool? singleBranch:bool? branch:string? insecureSkipTLS:bool?"
    ),
    "HDFSArtifact": "+HDFSConfig path:string force:bool?",
    "HDFSArtifactRepository": "+HDFSConfig pathFormat:string? force:bool?",
    "HDFSConfig": "+HDFSKrbConfig addresses:[]string? hdfsUser:string? dataTransferProtection:string?",
    "HDFSKrbConfig": (
        "krbCCacheSecret:*SecretKeySelector? krbKeytabSecret:*SecretKeySelector? krbUsername:string? "
        "krbRealm:string? krbConfigConfigMap:*ConfigMapKeySelector? krbServicePrincipalName:string?"
    ),
    "HTTP": (
        "method:string? url:string headers:[]HTTPHeader? timeoutSeconds:*int64? successCondition:string? "
        "body:string? bodyFrom:*HTTPBodySource? insecureSkipVerify:bool?"
    ),
    "HTTPArtifact": "url:string headers:[]Header? auth:*HTTPAuth? saveStreamViaFile:bool?",
    "HTTPAuth": "clientCert:ClientCertAuth? oauth2:OAuth2Auth? basicAuth:BasicAuth?",
    "HTTPBodySource": "bytes:bytes?",
    "HTTPHeader": "name:string value:string? valueFrom:*HTTPHeaderSource?",
    "HTTPHeaderSource": "secretKeyRef:*SecretKeySelector?",
    "Header": "name:string value:string",
    "Histogram": "value:string buckets:[]json",
    "Inputs": "parameters:[]Parameter? artifacts:[]Artifact?",
    "LabelValueFrom": "expression:string",
    "LifecycleHook": "template:string? arguments:Arguments? templateRef:*TemplateRef? expression:string?",
    "ManifestFrom": "artifact:*Artifact",
    "MemoizationStatus": "hit:bool key:string cacheName:string",
    "Memoize": "key:string cache:*Cache maxAge:string",
    "Metadata": "annotations:{}string? labels:{}string?",
    "MetricLabel": "key:string value:string",
    "Metrics": "prometheus:[]*Prometheus",
    "Mutex": "name:string? namespace:string? database:bool?",
    "MutexHolding": "mutex:string? holder:string?",
    "MutexStatus": "holding:[]MutexHolding? waiting:[]MutexHolding?",
    "NodeFlag": "hooked:bool? retried:bool?",
    "NodeStatus": (
        "id:string name:string displayName:string? type:string templateName:string? templateRef:*TemplateRef? "
        "templateScope:string? phase:string? boundaryID:string? message:string? startedAt:time? finishedAt:time? "
        "estimatedDuration:int64? progress:string? resourcesDuration:{}int64? podIP:string? daemoned:*bool? "
        "nodeFlag:*NodeFlag? inputs:*Inputs? outputs:*Outputs? children:[]string? outboundNodes:[]string? "
        "hostNodeName:string? memoizationStatus:*MemoizationStatus? "
        "synchronizationStatus:*NodeSynchronizationStatus? taskResultSynced:*bool? failedPodRestarts:int32? "
        "restartingPodUID:string?"
    ),
    "NodeSynchronizationStatus": "waiting:string?",
    "NoneStrategy": "",
    "OAuth2Auth": (
        "clientIDSecret:*SecretKeySelector? clientSecretSecret:*SecretKeySelector? "
        "tokenURLSecret:*SecretKeySelector? scopes:[]string? endpointParams:[]OAuth2EndpointParam?"
    ),
    "OAuth2EndpointParam": "key:string value:string?",
    "OSSArtifact": "+OSSBucket key:string",
    "OSSArtifactRepository": "+OSSBucket keyFormat:string?",
    "OSSBucket": (
        "endpoint:string? bucket:string? accessKeySecret:*SecretKeySelector? secretKeySecret:*SecretKeySelector? "
        "createBucketIfNotPresent:bool? securityToken:string? lifecycleRule:*OSSLifecycleRule? useSDKCreds:bool?"
    ),
    "OSSLifecycleRule": "markInfrequentAccessAfterDays:int32? markDeletionAfterDays:int32?",
    "Outputs": "parameters:[]Parameter? artifacts:[]Artifact? result:*string? exitCode:*string?",
    "Parameter": (
        "name:string default:*anystring? value:*anystring? valueFrom:*ValueFrom? globalName:string? "
        "enum:[]anystring? description:*anystring?"
    ),
    "PluginArtifact": "name:string? configuration:string? connectionTimeoutSeconds:int32? key:string",
    "PluginArtifactRepository": "name:string keyFormat:string? configuration:string",
    "PodGC": "strategy:string? labelSelector:*LabelSelector? deleteDelayDuration:string?",
    "Prometheus": (
        "name:string labels:[]*MetricLabel? help:string when:string? gauge:*Gauge? histogram:*Histogram? "
        "counter:*Counter?"
    ),
    "RawArtifact": "data:string",
    "ResourceTemplate": (
        "action:string mergeStrategy:string? manifest:string? manifestFrom:*ManifestFrom? setOwnerReference:bool? "
        "successCondition:string? failureCondition:string? flags:[]string?"
    ),
    "RetryAffinity": "nodeAntiAffinity:*RetryNodeAntiAffinity?",
    "RetryNodeAntiAffinity": "",
    "RetryStrategy": (
        "limit:*intorstring? retryPolicy:string? backoff:*Backoff? affinity:*RetryAffinity? expression:string?"
    ),
    "S3Artifact": "+S3Bucket key:string?",
    "S3ArtifactRepository": "+S3Bucket keyFormat:string? keyPrefix:string?",
    "S3Bucket": (
        "endpoint:string? bucket:string? region:string? insecure:*bool? accessKeySecret:*SecretKeySelector? "
        "secretKeySecret:*SecretKeySelector? sessionTokenSecret:*SecretKeySelector? roleARN:string? "
        "useSDKCreds:bool? createBucketIfNotPresent:*CreateS3BucketOptions? "
        "encryptionOptions:*S3EncryptionOptions? caSecret:*SecretKeySelector? addressingStyle:string?"
    ),
    "S3EncryptionOptions": (
        "kmsKeyId:string? kmsEncryptionContext:string? enableEncryption:bool? "
        "serverSideCustomerKeySecret:*SecretKeySelector?"
    ),
    "ScriptTemplate": "+Container source:string",
    "SemaphoreHolding": "semaphore:string? holders:[]string?",
    "SemaphoreRef": "configMapKeyRef:*ConfigMapKeySelector? namespace:string? database:*SyncDatabaseRef?",
    "SemaphoreStatus": "holding:[]SemaphoreHolding? waiting:[]SemaphoreHolding?",
    "Sequence": "count:*intorstring? start:*intorstring? end:*intorstring? format:string?",
    "StopStrategy": "expression:string",
    "Submit": "workflowTemplateRef:WorkflowTemplateRef metadata:ObjectMeta? arguments:*Arguments?",
    "SuppliedValueFrom": "",
    "SuspendTemplate": "duration:string?",
    "SyncDatabaseRef": "key:string",
    "Synchronization": "semaphores:[]*SemaphoreRef? mutexes:[]*Mutex?",
    "SynchronizationStatus": "semaphore:*SemaphoreStatus? mutex:*MutexStatus?",
    "TTLStrategy": "secondsAfterCompletion:*int32? secondsAfterSuccess:*int32? secondsAfterFailure:*int32?",
    "TarStrategy": "compressionLevel:*int32?",
    "Template": (
        "name:string? inputs:Inputs? outputs:Outputs? nodeSelector:{}string? affinity:*Affinity? "
        "metadata:Metadata? daemon:*bool? steps:[]steps? container:*Container? "
        "containerSet:*ContainerSetTemplate? script:*ScriptTemplate? resource:*ResourceTemplate? "
        "dag:*DAGTemplate? suspend:*SuspendTemplate? data:*Data? http:*HTTP? plugin:*plugin? volumes:[]Volume? "
        "initContainers:[]UserContainer? sidecars:[]UserContainer? archiveLocation:*ArtifactLocation? "
        "activeDeadlineSeconds:*intorstring? retryStrategy:*RetryStrategy? parallelism:*int64? failFast:*bool? "
        "tolerations:[]Toleration? schedulerName:string? priorityClassName:string? serviceAccountName:string? "
        "automountServiceAccountToken:*bool? executor:*ExecutorConfig? hostAliases:[]HostAlias? "
        "securityContext:*PodSecurityContext? podSpecPatch:string? metrics:*Metrics? "
        "synchronization:*Synchronization? memoize:*Memoize? timeout:string? annotations:{}string? "
        "pendingTimeout:string? podResources:*ResourceRequirements? resourceClaims:[]PodResourceClaim?"
    ),
    "TemplateRef": "name:string? template:string? clusterScope:bool?",
    "TransformationStep": "expression:string",
    "UserContainer": "+Container mirrorVolumeMounts:*bool?",
    "ValueFrom": (
        "path:string? jsonPath:string? jqFilter:string? event:string? parameter:string? "
        "supplied:*SuppliedValueFrom? configMapKeyRef:*ConfigMapKeySelector? default:*anystring? "
        "expression:string?"
    ),
    "VolumeClaimGC": "strategy:string?",
    "Workflow": "+TypeMeta metadata:ObjectMeta spec:WorkflowSpec status:WorkflowStatus?",
    "WorkflowEventBinding": "+TypeMeta metadata:ObjectMeta spec:WorkflowEventBindingSpec",
    "WorkflowEventBindingSpec": "event:Event submit:*Submit?",
    "WorkflowLevelArtifactGC": "+ArtifactGC forceFinalizerRemoval:bool? podSpecPatch:string?",
    "WorkflowMetadata": "labels:{}string? annotations:{}string? labelsFrom:{}LabelValueFrom?",
    "WorkflowSpec": (
        "templates:[]Template? entrypoint:string? arguments:Arguments? serviceAccountName:string? "
        "automountServiceAccountToken:*bool? executor:*ExecutorConfig? volumes:[]Volume? "
        "volumeClaimTemplates:[]PersistentVolumeClaim? parallelism:*int64? "
        "artifactRepositoryRef:*ArtifactRepositoryRef? suspend:*bool? nodeSelector:{}string? affinity:*Affinity? "
        "tolerations:[]Toleration? imagePullSecrets:[]LocalObjectReference? hostNetwork:*bool? dnsPolicy:*string? "
        "dnsConfig:*PodDNSConfig? onExit:string? ttlStrategy:*TTLStrategy? activeDeadlineSeconds:*int64? "
        "priority:*int32? schedulerName:string? podGC:*PodGC? podPriorityClassName:string? "
        "hostAliases:[]HostAlias? securityContext:*PodSecurityContext? podSpecPatch:string? "
        "podDisruptionBudget:*PodDisruptionBudgetSpec? metrics:*Metrics? shutdown:string? "
        "workflowTemplateRef:*WorkflowTemplateRef? synchronization:*Synchronization? "
        "volumeClaimGC:*VolumeClaimGC? retryStrategy:*RetryStrategy? podMetadata:*Metadata? "
        "templateDefaults:*Template? archiveLogs:*bool? hooks:{}LifecycleHook? "
        "workflowMetadata:*WorkflowMetadata? artifactGC:*WorkflowLevelArtifactGC? "
        "executorPlugins:[]ExecutorPlugin? podResources:*ResourceRequirements? resourceClaims:[]PodResourceClaim?"
    ),
    "WorkflowStatus": (
        "phase:string? startedAt:time? finishedAt:time? estimatedDuration:int64? progress:string? message:string? "
        "compressedNodes:string? nodes:{}NodeStatus? offloadNodeStatusVersion:string? storedTemplates:{}Template? "
        "persistentVolumeClaims:[]Volume? outputs:*Outputs? conditions:[]Condition? resourcesDuration:{}int64? "
        "storedWorkflowTemplateSpec:*WorkflowSpec? synchronization:*SynchronizationStatus? "
        "artifactRepositoryRef:*ArtifactRepositoryRefStatus? artifactGCStatus:*ArtGCStatus? "
        "taskResultsCompletionStatus:{}bool?"
    ),
    "WorkflowStep": (
        "name:string? template:string? inline:*Template? arguments:Arguments? templateRef:*TemplateRef? "
        "withItems:[]json? withParam:string? withSequence:*Sequence? when:string? continueOn:*ContinueOn? "
        "onExit:string? hooks:{}LifecycleHook?"
    ),
    "WorkflowTemplate": "+TypeMeta metadata:ObjectMeta spec:WorkflowSpec",
    "WorkflowTemplateRef": "name:string? clusterScope:bool?",
    "ZipStrategy": "",
}
