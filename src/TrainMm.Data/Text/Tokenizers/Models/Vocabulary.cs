namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Tokens by id and ids by token.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> idsBySpan;
    private readonly string?[] tokens;

    /// <summary>Takes the ids by token.</summary>
    /// <param name="ids">The ids; compared ordinally.</param>
    public Vocabulary(Dictionary<string, int> ids)
    {
        this.ids = ids;
        idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        tokens = new string?[ids.Count == 0 ? 0 : ids.Values.Max() + 1];
        foreach (var (token, id) in ids)
        {
            tokens[id] = token;
        }
    }

    /// <summary>The largest id plus one.</summary>
    public int Size => tokens.Length;

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(ReadOnlySpan<char> token) => idsBySpan.TryGetValue(token, out var id) ? id : -1;

    /// <summary>The token of an id, or null.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    /// <summary>Every token with its id, in no particular order.</summary>
    public IEnumerable<KeyValuePair<string, int>> Entries => ids;
}
