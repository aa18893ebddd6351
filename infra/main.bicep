// `azd up` deploys this. Plain resources, not the registry's verified modules: those are downloaded when a template is
// built, so that nobody without the registry could check them, and they hide what an identity may do.
targetScope = 'subscription'

@description('Name of the azd environment; resources are tagged with it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of everything. It must offer Flex Consumption with Python 3.13.')
param location string

@description('Whether the vault holds the key of service hooks already. azd passes on what the last deployment put out.')
param hookKeyExists bool = false

@description('Raised by one, it renews the passwords of all service hooks; those of the last epoch are still accepted.')
@minValue(1)
param hookEpoch int = 1

@description('Raised by one whenever tables were restored or lost: work items are compared before any is created.')
@minValue(1)
param tablesEpoch int = 1

@description('Storage and vault only by private endpoints. The apps reach them through a virtual network.')
param privateNetworking bool = false

@description('The core only by a private endpoint, also for deployments of its code. Needs privateNetworking.')
param privateCore bool = false

@description('Address ranges, or names of service tags such as AzureDevOps, that may call the edge, with commas; empty: all.')
param serviceHookSources string = ''

@description('Client id of an application of Entra; if given, the core wants one of its tokens before any function key.')
param authenticationClientId string = ''

@description('Object id of the platform\'s identity, which sends requests and reads updates and alerts over queues.')
param platformPrincipalId string = ''

@description('Who is mailed when an alert fires; empty: the alerts are only shown.')
param alertEmail string = ''

@description('Instances of the edge that are always up: 0 costs nothing and lets the first delivery wait for a start.')
@minValue(0)
param edgeAlwaysReady int = 0

@description('RollingUpdate leaves no gap between two versions, which read each other\'s rows and messages; Azure has it in preview.')
@allowed(['Recreate', 'RollingUpdate'])
param updateStrategy string = 'Recreate'

@description('The key of service hooks, made here so that nobody ever sees it: 244 random bits. Used once, see hookKeyExists.')
@secure()
param hookKey string = '${newGuid()}-${newGuid()}'

var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module bridge 'bridge.bicep' = {
  name: 'bridge'
  scope: group
  params: {
    location: location
    tags: tags
    hookKey: hookKey
    hookKeyExists: hookKeyExists
    hookEpoch: hookEpoch
    tablesEpoch: tablesEpoch
    privateNetworking: privateNetworking
    privateCore: privateCore
    serviceHookSources: serviceHookSources
    authenticationClientId: authenticationClientId
    platformPrincipalId: platformPrincipalId
    alertEmail: alertEmail
    edgeAlwaysReady: edgeAlwaysReady
    updateStrategy: updateStrategy
  }
}

// azd keeps outputs as the environment's values, and main.parameters.json reads this one at the next deployment.
output HOOK_KEY_EXISTS bool = true
output AZURE_RESOURCE_GROUP string = group.name
output CORE_URL string = bridge.outputs.coreUrl
output EDGE_URL string = bridge.outputs.edgeUrl
output KEY_VAULT_URL string = bridge.outputs.keyVaultUrl
output CORE_PRINCIPAL_ID string = bridge.outputs.corePrincipalId
