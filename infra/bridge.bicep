// The whole bridge in one resource group: who the two apps are, what they may reach, and the apps themselves.

param location string
param tags object
param hookKeyExists bool
param hookEpoch int
param tablesEpoch int
param privateNetworking bool
param privateCore bool
param serviceHookSources string
param authenticationClientId string
param platformPrincipalId string
param alertEmail string
param edgeAlwaysReady int
param updateStrategy string

@secure()
param hookKey string

var token = uniqueString(subscription().id, resourceGroup().id)
var deployments = 'deployments'

resource coreIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-core-${token}'
  location: location
  tags: tags
}

resource edgeIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-edge-${token}'
  location: location
  tags: tags
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    token: token
  }
}

// What the code names: shared/storage, shared/triggers/queues.py. The host moves to the -poison queues.
module coreStorage 'storage.bicep' = {
  name: 'core-storage'
  params: {
    location: location
    tags: tags
    name: 'stcore${token}'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    containers: [deployments, 'ticket-requests', 'registries']
    queues: [
      'ticket-requests'
      'ticket-requests-poison'
      'ticket-work'
      'ticket-work-poison'
      'service-hook-events'
      'service-hook-events-poison'
      'registry-work'
      'registry-work-poison'
      'ticket-updates'
      'alerts'
    ]
    tables: ['connections', 'links', 'tickets', 'tokens', 'imports', 'creation', 'failedmessages', 'registries', 'overview']
  }
}

// Of its own: who may write where the core's package and function keys lie is the core.
module edgeStorage 'storage.bicep' = {
  name: 'edge-storage'
  params: {
    location: location
    tags: tags
    name: 'stedge${token}'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    containers: [deployments]
    queues: []
    tables: []
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  params: {
    location: location
    tags: tags
    name: 'kv-${token}'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    workspaceId: monitoring.outputs.workspaceId
    hookKey: hookKey
    hookKeyExists: hookKeyExists
  }
}

module access 'access.bicep' = {
  name: 'access'
  params: {
    corePrincipalId: coreIdentity.properties.principalId
    edgePrincipalId: edgeIdentity.properties.principalId
    platformPrincipalId: platformPrincipalId
    coreStorageName: coreStorage.outputs.name
    edgeStorageName: edgeStorage.outputs.name
    vaultName: vault.outputs.name
    hookKeyName: vault.outputs.hookKeyName
    insightsName: monitoring.outputs.insightsName
  }
}

module network 'network.bicep' = if (privateNetworking) {
  name: 'network'
  params: {
    location: location
    tags: tags
    token: token
    coreStorageId: coreStorage.outputs.id
    edgeStorageId: edgeStorage.outputs.id
    vaultId: vault.outputs.id
  }
}

module edge 'functions.bicep' = {
  name: 'edge'
  params: {
    location: location
    tags: tags
    role: 'edge'
    token: token
    identityId: edgeIdentity.id
    deploymentContainer: '${edgeStorage.outputs.blobEndpoint}${deployments}'
    subnetId: privateNetworking ? network!.outputs.edgeSubnetId : ''
    isPublic: true
    allowedSources: empty(serviceHookSources) ? [] : split(serviceHookSources, ',')
    authenticationClientId: ''
    alwaysReady: edgeAlwaysReady
    updateStrategy: updateStrategy
  }
  dependsOn: [access]
}

module core 'functions.bicep' = {
  name: 'core'
  params: {
    location: location
    tags: tags
    role: 'core'
    token: token
    identityId: coreIdentity.id
    deploymentContainer: '${coreStorage.outputs.blobEndpoint}${deployments}'
    subnetId: privateNetworking ? network!.outputs.coreSubnetId : ''
    isPublic: !privateCore
    allowedSources: []
    authenticationClientId: authenticationClientId
    alwaysReady: 0
    updateStrategy: updateStrategy
  }
  dependsOn: [access]
}

module edgeSettings 'settings.bicep' = {
  name: 'edge-settings'
  params: {
    appName: edge.outputs.name
    role: 'edge'
    identityClientId: edgeIdentity.properties.clientId
    storageName: edgeStorage.outputs.name
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    hookKeyReference: vault.outputs.hookKeyReference
    hookEpoch: hookEpoch
    settings: {
      HOOK_QUEUE_URL: coreStorage.outputs.queueEndpoint
    }
  }
}

module coreSettings 'settings.bicep' = {
  name: 'core-settings'
  params: {
    appName: core.outputs.name
    role: 'core'
    identityClientId: coreIdentity.properties.clientId
    storageName: coreStorage.outputs.name
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    hookKeyReference: vault.outputs.hookKeyReference
    hookEpoch: hookEpoch
    settings: {
      PUBLIC_URL: core.outputs.url
      CONSOLE_ACCESS: empty(authenticationClientId) ? 'key' : 'app_service'
      HOOKS_URL: edge.outputs.url
      KEY_VAULT_URL: vault.outputs.url
      AZURE_DEVOPS_URL: 'https://dev.azure.com'
      AZURE_DEVOPS_TOKENS_URL: 'https://vssps.dev.azure.com'
      ENTRA_URL: environment().authentication.loginEndpoint
      TABLES_EPOCH: string(tablesEpoch)
      TIME_SCALE: '1'
      MAX_IMPORT_BYTES: string(100 * 1024 * 1024)
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: string(110 * 1024 * 1024)
      PYTHON_THREADPOOL_THREAD_COUNT: '32'
      // The worker tells Application Insights itself: our own lines, spans and metrics, and not each call of an SDK.
      PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
      PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME: 'shared'
      OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,requests,urllib,urllib3'
      // The default is five traces a second; who looks for a correlation id must find it.
      OTEL_TRACES_SAMPLER: 'always_on'
      SWEEP_SCHEDULE: '0 * * * * *'
      RECONCILE_SCHEDULE: '0 */15 * * * *'
      VERIFY_SCHEDULE: '0 30 2 * * *'
      DOCTOR_SCHEDULE: '0 7 * * * *'
      RETENTION_SCHEDULE: '0 45 3 * * *'
      TOKENS_SCHEDULE: '0 20 * * * *'
      KEEP_HISTORY_DAYS: '730'
      KEEP_FAILED_MESSAGES_DAYS: '90'
      KEEP_REGISTRIES_DAYS: '30'
    }
  }
}

module coreEndpoint 'endpoint.bicep' = if (privateNetworking && privateCore) {
  name: 'core-endpoint'
  params: {
    location: location
    tags: tags
    name: 'pe-core-${token}'
    targetId: core.outputs.id
    kind: 'sites'
    zone: 'privatelink.azurewebsites.net'
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
  }
}

output coreUrl string = core.outputs.url
output edgeUrl string = edge.outputs.url
output keyVaultUrl string = vault.outputs.url
output corePrincipalId string = coreIdentity.properties.principalId
