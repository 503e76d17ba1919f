using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TrainMm.Core.Config;

/// <summary>The <c>&lt;summary&gt;</c> of a class or property, read from the XML file that the compiler writes beside the assembly; the only place where option texts are kept.</summary>
public static partial class DocumentationText
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Files = new();

    /// <summary>The summary as plain text on one line, or null where there is none.</summary>
    public static string? Of(MemberInfo member)
    {
        var name = member switch
        {
            Type type => $"T:{NameOf(type)}",
            PropertyInfo property => $"P:{NameOf(property.DeclaringType!)}.{property.Name}",
            FieldInfo field => $"F:{NameOf(field.DeclaringType!)}.{field.Name}",
            _ => throw new ArgumentException($"{member.MemberType} has no option text.", nameof(member)),
        };
        return Files.GetOrAdd(member.Module.Assembly, Read).GetValueOrDefault(name);
    }

    private static string NameOf(Type type) => (type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static IReadOnlyDictionary<string, string> Read(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(path)) return new Dictionary<string, string>(StringComparer.Ordinal);
        return XDocument.Load(path).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Text(member.Element("summary")!), StringComparer.Ordinal);
    }

    private static string Text(XElement element) => Blanks().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { IsEmpty: true } reference => reference.Attribute("cref")?.Value is { } target ? LastName(target) : reference.Attribute("name")?.Value ?? reference.Attribute("langword")?.Value ?? "",
        XElement element => Text(element),
        _ => "",
    };

    /// <summary>An option is referred to by the name that its user writes.</summary>
    private static string LastName(string target)
    {
        var name = target[(target.LastIndexOf('.') + 1)..];
        return target.StartsWith("P:", StringComparison.Ordinal) ? OptionName.Of(name) : name;
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();
}
