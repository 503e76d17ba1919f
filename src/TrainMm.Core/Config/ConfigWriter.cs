using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace TrainMm.Core.Config;

/// <summary>Writes a configuration as YAML that <see cref="ConfigDocument"/> reads back as the same tree.</summary>
public static partial class ConfigWriter
{
    private const int LineWidth = 120;

    /// <summary>The resolved configuration: every option with its value, in the order of declaration; it can be loaded and run again.</summary>
    public static string Write(object options) => Write(ConfigTree.Of(options));

    /// <summary>A tree as YAML.</summary>
    public static string Write(ConfigMapping root)
    {
        var yaml = new StringBuilder();
        WriteMapping(yaml, root, indentation: 0);
        return yaml.ToString();
    }

    /// <summary>A node on one line, in YAML's flow style.</summary>
    internal static string Inline(ConfigNode node) => node switch
    {
        ConfigScalar scalar => Scalar(scalar),
        ConfigList list => $"[{string.Join(", ", list.Items.Select(Inline))}]",
        ConfigMapping mapping => mapping.Entries.Count == 0 ? "{}" : $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{Text(entry.Key)}: {Inline(entry.Value)}"))}}}",
        _ => throw new ArgumentException($"{node.GetType().Name} is no node.", nameof(node)),
    };

    private static void WriteMapping(StringBuilder yaml, ConfigMapping mapping, int indentation)
    {
        foreach (var (index, entry) in mapping.Entries.Index())
        {
            if (index > 0 || indentation == 0) yaml.Append(' ', indentation);
            yaml.Append(Text(entry.Key)).Append(':');
            WriteValue(yaml, entry.Value, indentation);
        }
    }

    private static void WriteValue(StringBuilder yaml, ConfigNode node, int indentation)
    {
        switch (node)
        {
            case ConfigMapping { Entries.Count: > 0 } mapping:
                yaml.Append('\n').Append(' ', indentation + 2);
                WriteMapping(yaml, mapping, indentation + 2);
                break;
            case ConfigList list when list.Items.Any(item => item is not ConfigScalar) || Inline(list).Length + indentation > LineWidth:
                yaml.Append('\n');
                foreach (var item in list.Items) WriteItem(yaml, item, indentation + 2);
                break;
            default:
                yaml.Append(' ').Append(Inline(node)).Append('\n');
                break;
        }
    }

    private static void WriteItem(StringBuilder yaml, ConfigNode item, int indentation)
    {
        yaml.Append(' ', indentation).Append('-').Append(' ');
        if (item is ConfigMapping { Entries.Count: > 0 } mapping) WriteMapping(yaml, mapping, indentation + 2);
        else yaml.Append(Inline(item)).Append('\n');
    }

    private static string Scalar(ConfigScalar scalar) => scalar.IsQuoted ? Text(scalar.Text) : scalar.Text;

    /// <summary>A text without quotes where no reader of YAML can take it for anything else, else in double quotes.</summary>
    private static string Text(string text)
    {
        if (PlainWord().IsMatch(text) && text is not ("null" or "Null" or "NULL" or "true" or "false" or "yes" or "no" or "on" or "off")) return text;
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            quoted.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or (> '~' and < '\u00a1') or '\u2028' or '\u2029' or '\ufeff' or (>= '\ud800' and <= '\udfff') or (>= '\ufff0') => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => letter.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"\A[A-Za-z_/][A-Za-z0-9_./-]*\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PlainWord();
}
