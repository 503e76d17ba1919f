using System.Reflection;
using TrainMm.Core.Config;

namespace TrainMm.Tests.Core.Config;

/// <summary>Finds components that nobody can choose because no catalog lists them.</summary>
public static class CatalogCompleteness
{
    /// <summary>The names of all classes in the assembly that implement the catalog's role and that no entry builds; one that is made of another of the role stands around it, and is chosen with whatever puts it there.</summary>
    public static IReadOnlyList<string> Unlisted(ICatalog catalog, Assembly assembly) =>
    [
        .. assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && catalog.RoleType.IsAssignableFrom(type))
            .Where(type => catalog.Entries.All(entry => entry.ComponentType != type))
            .Where(type => !type.GetConstructors().Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == catalog.RoleType)))
            .Select(type => type.FullName!)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>All catalogs of an assembly: the public static fields called <c>All</c>.</summary>
    public static IReadOnlyList<ICatalog> CatalogsOf(Assembly assembly) =>
    [
        .. assembly.GetTypes()
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => type.ContainsGenericParameters ? null : type.GetField("All", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<ICatalog>(),
    ];
}
