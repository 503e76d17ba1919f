using System.Text.RegularExpressions;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Puts environment variables in place of <c>${NAME}</c> and <c>${NAME:-default}</c>; <c>$${</c> stands for a plain <c>${</c>.</summary>
internal static partial class EnvironmentVariables
{
    /// <summary>The same node with every value expanded; keys are left as they are.</summary>
    public static ConfigNode Expand(ConfigNode node, List<Diagnostic> problems) => node switch
    {
        ConfigScalar scalar => Expand(scalar, problems),
        ConfigList list => new ConfigList([.. list.Items.Select(item => Expand(item, problems))], list.Place),
        ConfigMapping mapping => new ConfigMapping([.. mapping.Entries.Select(entry => entry with { Value = Expand(entry.Value, problems) })], mapping.Place),
        _ => node,
    };

    /// <summary>The same value with its variables expanded; a variable that is not set and has no default is added to the problems.</summary>
    public static ConfigScalar Expand(ConfigScalar scalar, List<Diagnostic> problems)
    {
        if (!scalar.Text.Contains("${", StringComparison.Ordinal)) return scalar;
        var text = Reference().Replace(scalar.Text, match => Value(match, scalar.Place, problems));
        return new ConfigScalar(text, scalar.IsQuoted, scalar.Place);
    }

    /// <summary>Text that <see cref="Expand(ConfigScalar, List{Diagnostic})"/> turns into the text given.</summary>
    public static string Escape(string text) => text.Replace("${", "$${", StringComparison.Ordinal);

    private static string Value(Match match, SourcePlace place, List<Diagnostic> problems)
    {
        if (match.Value == "$${") return "${";
        var name = match.Groups["name"];
        if (!name.Success)
        {
            problems.Add(place.Error("'${' begins no variable", "write ${NAME} or ${NAME:-default}; write $${ for a plain ${"));
            return match.Value;
        }

        if (Environment.GetEnvironmentVariable(name.Value) is { } value) return value;
        if (match.Groups["default"] is { Success: true } fallback) return fallback.Value;
        problems.Add(place.Error($"the environment variable {name.Value} is not set", $"set it, or give a default: ${{{name.Value}:-default}}"));
        return match.Value;
    }

    [GeneratedRegex(@"\$\$\{|\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}|\$\{", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();
}
