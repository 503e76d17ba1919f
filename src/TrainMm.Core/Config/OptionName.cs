using System.Text;

namespace TrainMm.Core.Config;

/// <summary>Names as they are written in YAML.</summary>
public static class OptionName
{
    /// <summary>PascalCase to snake_case: <c>NumLayers</c> is <c>num_layers</c>, <c>VicunaV1</c> is <c>vicuna_v1</c>, <c>UseTF32Math</c> is <c>use_tf32_math</c>.</summary>
    public static string Of(string pascalCase)
    {
        var name = new StringBuilder(pascalCase.Length + 8);
        for (var i = 0; i < pascalCase.Length; i++)
        {
            var letter = pascalCase[i];
            if (char.IsUpper(letter) && i > 0 && BeginsWord(pascalCase, i)) name.Append('_');
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    private static bool BeginsWord(string text, int at) =>
        char.IsLower(text[at - 1]) || char.IsDigit(text[at - 1])
        || (char.IsUpper(text[at - 1]) && at + 1 < text.Length && char.IsLower(text[at + 1]));
}
