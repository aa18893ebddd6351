// The settings of one app: what the host and both roles read, and what only this role reads.

param appName string

@allowed(['edge', 'core'])
param role string
param identityClientId string
param storageName string
param insightsConnectionString string
param hookKeyReference string
param hookEpoch int

@description('What only this role reads.')
param settings object

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName
}

// Neither FUNCTIONS_WORKER_RUNTIME nor WEBSITE_RUN_FROM_PACKAGE: Flex Consumption refuses them.
resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, {
    APP_ROLE: role
    AzureWebJobsStorage__accountName: storageName
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AZURE_CLIENT_ID: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    HOOK_KEY: hookKeyReference
    HOOK_EPOCH: string(hookEpoch)
  })
}
