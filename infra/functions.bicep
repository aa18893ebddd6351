// One function app on Flex Consumption: a plan, which takes one app, the app, and who may call it.

param location string
param tags object

@allowed(['edge', 'core'])
param role string
param token string
param identityId string
param deploymentContainer string

@description('Where the app leaves for the virtual network; empty: it does not.')
param subnetId string
param isPublic bool

@description('Address ranges, or names of service tags; none: all.')
param allowedSources array
param authenticationClientId string
param alwaysReady int

@allowed(['Recreate', 'RollingUpdate'])
param updateStrategy string

// Anybody may ask how the app is and what it can do; nothing else without a token.
var withoutToken = ['/api/health', '/api/openapi.json']

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${role}-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${role}-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': role })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: alwaysReady > 0 ? [{ name: 'http', instanceCount: alwaysReady }] : []
      }
      siteUpdateStrategy: { type: updateStrategy }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: empty(allowedSources) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: [
        for (source, index) in allowedSources: {
          name: 'source-${index}'
          priority: 100 + index
          action: 'Allow'
          tag: contains(source, '/') ? 'Default' : 'ServiceTag'
          ipAddress: source
        }
      ]
      scmIpSecurityRestrictionsUseMain: false // deployments do not come from Azure DevOps' service hooks
    }
  }
}

// Deployments sign in with Entra; these would be user names and passwords.
resource withoutPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [
  for way in ['scm', 'ftp']: {
    parent: app
    name: way
    properties: { allow: false }
  }
]

resource authentication 'Microsoft.Web/sites/config@2024-11-01' = if (!empty(authenticationClientId)) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: withoutToken
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authenticationClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [authenticationClientId, 'api://${authenticationClientId}']
        }
      }
    }
  }
}

output id string = app.id
output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
