using System.Globalization;
using System.Text;
using TrainMm.Models.Layers;

namespace TrainMm.Tests.Models;

/// <summary>
/// How many bytes Hugging Face's library writes for tensors of fp32: it depends on every name, every shape and their order, so that a published file's size, which a repository's page tells,
/// proves names and shapes without the file.
/// </summary>
internal static class SafetensorsSize
{
    private const int HeaderLength = 8;
    private const int Alignment = 8;

    /// <summary>The size of a part's file.</summary>
    /// <param name="part">The part.</param>
    /// <param name="official">A parameter's name in the checkpoint; null is its own.</param>
    public static long Of(ModuleScope part, Func<string, string>? official = null) =>
        Of(part.Parameters.Select(pair => (official?.Invoke(pair.Key) ?? pair.Key, pair.Value.shape)));

    /// <summary>The size of a file of these tensors.</summary>
    public static long Of(IEnumerable<(string Name, long[] Shape)> tensors)
    {
        var header = new StringBuilder("""{"__metadata__":{"format":"pt"}""");
        var end = 0L;
        foreach (var (name, shape) in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            var start = end;
            end += sizeof(float) * shape.Aggregate(1L, (all, each) => all * each);
            header.Append(CultureInfo.InvariantCulture, $",\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{start},{end}]}}");
        }

        var length = Encoding.UTF8.GetByteCount(header.Append('}').ToString());
        return HeaderLength + ((length + Alignment - 1) / Alignment * Alignment) + end;
    }
}
