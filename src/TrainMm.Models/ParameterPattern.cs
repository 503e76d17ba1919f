using System.Text.RegularExpressions;

namespace TrainMm.Models;

/// <summary>
/// A user's way to name parameters: the path of one, the path of a part (all below it), or either with <c>*</c> for any letters, dots included.
/// </summary>
public sealed class ParameterPattern
{
    private readonly Regex regex;

    /// <summary>Reads a pattern.</summary>
    public ParameterPattern(string text)
    {
        Text = text;
        var body = string.Join(".*", text.Split('*').Select(Regex.Escape));
        regex = new Regex($@"\A{body}(?:\..*)?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <summary>Whether the pattern names this parameter.</summary>
    /// <param name="parameter">The parameter's path in the model.</param>
    public bool Matches(string parameter) => regex.IsMatch(parameter);
}
