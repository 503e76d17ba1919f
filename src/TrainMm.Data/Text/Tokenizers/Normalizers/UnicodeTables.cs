using System.Collections.Frozen;
using System.Globalization;

namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>
/// What Unicode says about decomposing and composing characters. .NET asks ICU for it, which a machine with only the SDK lacks
/// (and in invariant mode <see cref="string.Normalize()"/> does nothing), so the table travels with the program.
/// </summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly FrozenDictionary<int, int[]> canonical;
    private readonly FrozenDictionary<int, int[]> compatible;
    private readonly FrozenDictionary<int, byte> classes;
    private readonly FrozenDictionary<(int First, int Second), int> compositions;

    private UnicodeTables()
    {
        var (canonicals, compatibles) = (new Dictionary<int, int[]>(), new Dictionary<int, int[]>());
        var combining = new Dictionary<int, byte>();
        var pairs = new Dictionary<(int, int), int>();
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode-normalization.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            var fields = line.Split(' ');
            var code = Hexadecimal(fields[0]);
            foreach (var field in fields.AsSpan(1))
            {
                switch (field[0])
                {
                    case 'c':
                        combining[code] = (byte)Hexadecimal(field.AsSpan(1));
                        break;
                    case '=':
                        canonicals[code] = [.. field[1..].Split(',').Select(part => Hexadecimal(part))];
                        break;
                    case '~':
                        compatibles[code] = [.. field[1..].Split(',').Select(part => Hexadecimal(part))];
                        break;
                }
            }

            if (canonicals.TryGetValue(code, out var parts) && parts.Length == 2 && fields[^1] != "!")
            {
                pairs[(parts[0], parts[1])] = code;
            }
        }

        canonical = canonicals.ToFrozenDictionary();
        compatible = compatibles.ToFrozenDictionary();
        classes = combining.ToFrozenDictionary();
        compositions = pairs.ToFrozenDictionary();
    }

    /// <summary>The tables.</summary>
    public static UnicodeTables Shared => Loaded.Value;

    /// <summary>The decomposition of a character, one step deep, or null.</summary>
    public int[]? Decomposition(int code, bool compatibility) =>
        canonical.TryGetValue(code, out var parts) || (compatibility && compatible.TryGetValue(code, out parts)) ? parts : null;

    /// <summary>The canonical combining class.</summary>
    public byte CombiningClass(int code) => classes.GetValueOrDefault(code);

    /// <summary>The character that two compose to, or −1.</summary>
    public int Composition(int first, int second) => compositions.GetValueOrDefault((first, second), -1);

    private static int Hexadecimal(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
